//! What is kept of a person: what they see, and what they may change.

use askama::Template;
use gatelodge_domain::attribute::{AttributeType, Presence};
use gatelodge_usecases::users::Misfit;

use super::messages::Text;
use super::{Frame, Page, PageKind, assets};

/// Something that the person sees.
#[derive(Clone, Debug)]
pub struct ProfileRow {
    /// What it is called.
    pub label: String,
    /// What it is; a line for each value.
    pub value: String,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileControl {
    /// A line, of at most so many characters.
    Line(Option<u32>),
    /// Several lines.
    Lines,
    /// A value a line.
    List,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A day.
    Date,
    /// Yes, no, or neither.
    Choice,
}

/// Something that the person may change.
#[derive(Clone, Debug)]
pub struct ProfileField {
    /// The element's id.
    pub id: String,
    /// The field's name in the post.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// How it is filled in.
    pub control: ProfileControl,
    /// What is in it.
    pub value: String,
    /// Whether it must be filled in.
    pub presence: Presence,
    /// What was wrong with the last try.
    pub misfit: Option<Misfit>,
}

impl ProfileField {
    fn is_required(&self) -> bool {
        self.presence == Presence::Required
    }

    fn is_text_area(&self) -> bool {
        matches!(self.control, ProfileControl::Lines | ProfileControl::List)
    }

    fn is_list(&self) -> bool {
        self.control == ProfileControl::List
    }

    fn is_choice(&self) -> bool {
        self.control == ProfileControl::Choice
    }

    fn kind(&self) -> &'static str {
        match self.control {
            ProfileControl::Date => "date",
            _ => "text",
        }
    }

    fn input_mode(&self) -> Option<&'static str> {
        match self.control {
            ProfileControl::Whole => Some("numeric"),
            ProfileControl::Number => Some("decimal"),
            _ => None,
        }
    }

    fn most(&self) -> Option<u32> {
        match self.control {
            ProfileControl::Line(most) => most,
            _ => None,
        }
    }

    /// What describes the field: its problem, and how a list is written.
    fn described_by(&self) -> Option<String> {
        let problem = self.misfit.map(|_| format!("{}-problem", self.id));
        let hint = self.is_list().then(|| format!("{}-hint", self.id));
        let both: Vec<String> = problem.into_iter().chain(hint).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

/// The outcome of the last post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileNotice {
    /// It was saved.
    Saved,
    /// Somebody else changed the person meanwhile.
    Stale,
    /// The form's token was too old or not of this browser.
    Expired,
}

/// The page. Its form posts `csrf` and the fields.
#[derive(Clone, Debug, Template)]
#[template(path = "account_profile.html")]
pub struct AccountProfilePage {
    /// The surroundings.
    pub frame: Frame,
    /// Who they are.
    pub username: String,
    /// What they see only.
    pub rows: Vec<ProfileRow>,
    /// What they may change.
    pub fields: Vec<ProfileField>,
    /// Where the form posts to.
    pub action: String,
    /// Back to the account page.
    pub account: String,
    /// The token against forged posts.
    pub csrf: String,
    /// The outcome of the last post.
    pub notice: Option<ProfileNotice>,
}

impl Page for AccountProfilePage {
    const KIND: PageKind = PageKind::AccountProfile;
}

impl AccountProfilePage {
    fn is_problem(&self) -> bool {
        let failed = matches!(
            self.notice,
            Some(ProfileNotice::Stale | ProfileNotice::Expired)
        );
        failed || self.first_misfit().is_some()
    }

    /// The field that is to be looked at first.
    fn first_misfit(&self) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.misfit.is_some())?;
        Some(&field.id)
    }

    fn is_first_misfit(&self, field: &ProfileField) -> bool {
        self.first_misfit() == Some(&*field.id)
    }

    fn notice_text(&self) -> Option<&Text> {
        let texts = &self.frame.texts;
        Some(match self.notice? {
            ProfileNotice::Saved => &texts.profile_saved,
            ProfileNotice::Stale => &texts.profile_stale,
            ProfileNotice::Expired => &texts.account_expired,
        })
    }

    fn notice_class(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "notice" }
    }

    fn notice_role(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "status" }
    }

    fn problem(&self, field: &ProfileField) -> Option<String> {
        let texts = &self.frame.texts;
        let text = match field.misfit? {
            Misfit::TooLong(most) => return Some(texts.profile_long.with(most)),
            Misfit::Missing => &texts.profile_missing,
            Misfit::Pattern => &texts.profile_pattern,
            Misfit::NotAList => &texts.profile_many,
            Misfit::TooMuch => &texts.profile_too_much,
            Misfit::Type(AttributeType::Integer) => &texts.profile_whole,
            Misfit::Type(AttributeType::Number) => &texts.profile_number,
            Misfit::Type(AttributeType::Boolean) => &texts.profile_choice,
            Misfit::Type(AttributeType::Date) => &texts.profile_date,
            Misfit::Type(AttributeType::String | AttributeType::Json)
            | Misfit::Unknown
            | Misfit::NotJson => &texts.profile_text,
        };
        Some(text.to_string())
    }
}
