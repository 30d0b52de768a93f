//! Mails as files in a folder, for development and tests: nothing leaves the machine.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use gatelodge_ports::Mailer;
use gatelodge_ports::mailer::{Delivery, Mail, Trouble};

use crate::Sender;
use crate::watched::watched;

/// Writes each mail to `{id}.eml`. Ids are time-ordered, but not as the alphabet has it: their
/// digits come after their letters. Mails hold links that open things, so folder and files are the
/// owner's alone.
pub struct FileMailer {
    folder: PathBuf,
    sender: Sender,
}

impl FileMailer {
    /// Into that folder, which is made if it is not there.
    pub fn new(folder: &Path, sender: Sender) -> io::Result<Self> {
        make_private(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            sender,
        })
    }

    fn write(&self, id: &str, text: &[u8]) -> io::Result<()> {
        // Under another name first, so that whoever watches the folder never reads half a mail.
        let half = self.folder.join(format!(".{id}"));
        private_file(&half)?.write_all(text)?;
        fs::rename(half, self.folder.join(format!("{id}.eml")))
    }
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path)
}

impl FileMailer {
    fn hand_over(&self, mail: &Mail) -> Delivery {
        let message = match self.sender.message(mail) {
            Ok(message) => message,
            Err(refused) => return refused,
        };
        match self.write(&mail.id, &message.formatted()) {
            Ok(()) => Delivery::Sent,
            Err(error) => Delivery::TemporaryFailure(Trouble {
                what: "file",
                code: None,
                reason: error.to_string(),
            }),
        }
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Delivery {
        watched("file", async { self.hand_over(mail) }).await
    }

    fn describe(&self) -> String {
        format!("files in {}", self.folder.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_mail_becomes_a_file_that_is_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("mail");
        let sender = Sender::parse("no-reply@id.example", None).unwrap();
        let mailer = FileMailer::new(&inside, sender).unwrap();
        let mail = Mail {
            id: "a1".to_owned(),
            house: "House".to_owned(),
            to: "ada@example.org".to_owned(),
            subject: "Hello".to_owned(),
            text: "Text".to_owned(),
            html: "<p>Text</p>".to_owned(),
            logo: None,
        };
        assert_eq!(mailer.send(&mail).await, Delivery::Sent);
        let path = inside.join("a1.eml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("Subject: Hello"), "{text}");
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&inside), mode(&path)), (0o700, 0o600));
        }
        fs::remove_dir_all(&inside).unwrap();
        let gone = mailer.send(&mail).await;
        assert!(matches!(gone, Delivery::TemporaryFailure(_)), "{gone:?}");
    }
}
