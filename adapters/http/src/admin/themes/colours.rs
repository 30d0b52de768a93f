//! The colours of a theme, by what each is for.

use gatelodge_domain::theme::{Colour, Colours, LowContrast, Palette, Scheme, Token};
use gatelodge_usecases::admin::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Colours of both schemes. What is left out follows from the accent, or is as built in.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThemeColours {
    /// Dark on light.
    #[serde(default)]
    light: ThemePalette,
    /// Light on dark.
    #[serde(default)]
    dark: ThemePalette,
}

macro_rules! palette {
    ($($(#[$attribute:meta])+ $field:ident = $token:ident;)+) => {
        /// Colours of one scheme: `#` and six hexadecimal digits each.
        #[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct ThemePalette {
            $(
                $(#[$attribute])+
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[schema(pattern = "^#[0-9A-Fa-f]{6}$")]
                $field: Option<String>,
            )+
        }

        impl ThemePalette {
            fn of(palette: &Palette) -> Self {
                let colour = |token| palette.get(&token).map(ToString::to_string);
                Self { $($field: colour(Token::$token),)+ }
            }

            fn palette(&self, scheme: Scheme) -> Result<Palette, Refusal> {
                let mut palette = Palette::new();
                $(
                    if let Some(text) = &self.$field {
                        let colour = Colour::parse(text)
                            .map_err(|error| at(scheme, Token::$token, error.to_string()))?;
                        palette.insert(Token::$token, colour);
                    }
                )+
                Ok(palette)
            }
        }
    };
}

palette! {
    /// Behind the page.
    ground = Ground;
    /// Behind the text.
    surface = Surface;
    /// Text.
    ink = Ink;
    /// Text of less weight.
    ink_soft = InkSoft;
    /// Lines that only decorate.
    line = Line;
    /// Edges of fields and quiet buttons.
    edge = Edge;
    /// The main button; links, focus and the shades of the button follow it.
    accent = Accent;
    /// The main button under the pointer.
    accent_strong = AccentStrong;
    /// Text on the main button.
    on_accent = OnAccent;
    /// Links.
    link = Link;
    /// The mark around what has the focus.
    focus = Focus;
    /// What is wrong.
    danger = Danger;
    /// Behind a message of what is wrong.
    danger_wash = DangerWash;
    /// Behind a message that all is well.
    good_wash = GoodWash;
}

impl ThemeColours {
    /// What a realm sets.
    pub(super) fn of(colours: &Colours) -> Self {
        Self {
            light: ThemePalette::of(colours.set(Scheme::Light)),
            dark: ThemePalette::of(colours.set(Scheme::Dark)),
        }
    }

    /// The colours, if they can be read on one another.
    pub(super) fn colours(&self) -> Result<Colours, Refusal> {
        let light = self.light.palette(Scheme::Light)?;
        let dark = self.dark.palette(Scheme::Dark)?;
        Colours::new(light, dark).map_err(|fault| unreadable(&fault))
    }
}

fn at(scheme: Scheme, token: Token, why: String) -> Refusal {
    let field = format!("colours.{}.{}", scheme.as_str(), token.as_str());
    Refusal::field(field, why)
}

fn unreadable(fault: &LowContrast) -> Refusal {
    at(fault.scheme, fault.at_fault, fault.to_string())
}
