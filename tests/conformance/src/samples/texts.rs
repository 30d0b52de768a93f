//! Texts that a store must give back as they came.

/// Emoji of four bytes and of several code points, right-to-left text, quotes, backslashes,
/// `LIKE` wildcards, separate combining marks, noncharacters, control characters other than
/// NUL, line breaks, something that looks like SQL, blanks at both ends, nothing.
pub const TEXTS: [&str; 13] = [
    "Ünïcödé",
    "👩‍👩‍👧‍👦 🏳️‍🌈 𝄞",
    "مرحبا بالعالم — שלום",
    "it's \"quoted\" and `ticked`",
    r"back\slash \\ \n \0 \x00",
    "100% _under_ 50\\%",
    "e\u{301} is not \u{e9}",
    "日本語テキスト",
    "tab\tnewline\ncarriage\rend\u{7f}\u{1b}",
    "\u{feff}bom \u{10ffff} \u{fffe}",
    "'); DROP TABLE users; --",
    "  blanks at both ends  ",
    "",
];
