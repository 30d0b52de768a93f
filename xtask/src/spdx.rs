//! SPDX licence expressions (SPDX specification 2.3, annex D): may we use this under one of
//! the licences we accept?
//!
//! `OR` needs one side, `AND` both, `WITH` binds an exception to its licence and tighter than
//! both. Crates' old spelling with a slash means `OR`.

/// Whether `expression` can be satisfied with `allowed` licences only. What does not parse is
/// not satisfied.
pub(crate) fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser {
        words: &words,
        allowed,
    };
    let verdict = parser.any();
    verdict == Some(true) && parser.words.is_empty()
}

struct Parser<'text> {
    words: &'text [&'text str],
    allowed: &'text [String],
}

impl<'text> Parser<'text> {
    fn any(&mut self) -> Option<bool> {
        let mut verdict = self.all()?;
        while self.accept("OR") {
            verdict |= self.all()?;
        }
        Some(verdict)
    }

    fn all(&mut self) -> Option<bool> {
        let mut verdict = self.licence()?;
        while self.accept("AND") {
            verdict &= self.licence()?;
        }
        Some(verdict)
    }

    fn licence(&mut self) -> Option<bool> {
        let word = self.next()?;
        if word == "(" {
            let verdict = self.any()?;
            return self.accept(")").then_some(verdict);
        }
        if matches!(word, ")" | "OR" | "AND" | "WITH") {
            return None;
        }
        let name = if self.accept("WITH") {
            format!("{word} WITH {}", self.next()?)
        } else {
            word.to_owned()
        };
        Some(self.allowed.contains(&name))
    }

    fn next(&mut self) -> Option<&'text str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Vec<String> {
        [
            "MIT",
            "Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "Unicode-3.0",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn one_side_of_or_is_enough_and_and_needs_both() {
        for expression in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "GPL-3.0-only OR MIT",
            "MIT/Apache-2.0",
            "(MIT OR GPL-3.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(satisfied(expression, &ours()), "{expression}");
        }
    }

    #[test]
    fn what_we_do_not_accept_or_cannot_read_is_refused() {
        for expression in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT Apache-2.0",
            "MIT WITH Strange-exception",
            "GPL-3.0-only AND MIT OR AGPL-3.0-only",
        ] {
            assert!(!satisfied(expression, &ours()), "{expression}");
        }
    }
}
