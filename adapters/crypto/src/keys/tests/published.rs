//! Test vectors of the RFCs.

use super::super::held::PrivateKey as _;
use super::*;

const RFC_7515_PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

#[test]
fn rfc_7515_appendix_a_2_rs256() {
    let input = format!("eyJhbGciOiJSUzI1NiJ9.{RFC_7515_PAYLOAD}");
    let signature = bytes(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    let key = Rs256Private::new(rsa_private()).unwrap();
    assert_eq!(key.sign(input.as_bytes()).unwrap(), signature);
    assert!(verifier(KeyAlgorithm::Rs256).verifies(input.as_bytes(), &signature));
}

#[test]
fn rfc_7515_appendix_a_3_es256() {
    let input = format!("eyJhbGciOiJFUzI1NiJ9.{RFC_7515_PAYLOAD}");
    let signature = bytes(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    );
    let verifier = verifier(KeyAlgorithm::Es256);
    assert!(verifier.verifies(input.as_bytes(), &signature));
    // ECDSA draws a new number each time, so ours can only be verified.
    let ours = Es256Private::new(&p256_private())
        .unwrap()
        .sign(input.as_bytes())
        .unwrap();
    assert!(verifier.verifies(input.as_bytes(), &ours));
}

#[test]
fn rfc_8037_appendix_a_4_ed25519() {
    let input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = bytes(
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
    let key = EdDsaPrivate::new(ed25519_private()).unwrap();
    assert_eq!(key.sign(input).unwrap()[..], signature);
    assert!(verifier(KeyAlgorithm::EdDsa).verifies(input, &signature));
}

#[test]
fn rfc_8037_appendix_a_3_thumbprint() {
    let thumbprint = public(KeyAlgorithm::EdDsa).thumbprint();
    assert_eq!(
        URL_SAFE_NO_PAD.encode(thumbprint.as_bytes()),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}
