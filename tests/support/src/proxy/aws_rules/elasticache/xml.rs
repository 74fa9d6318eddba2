//! Answers of the Query protocol, written element by element.

use std::fmt::Display;

/// XML under way. An absent value writes no element, as AWS does.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// What a closure writes.
    pub(super) fn written(write: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self::new();
        write(&mut xml);
        xml.0
    }

    pub(super) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        let value = escape(&value.to_string());
        self.0.extend(["<", name, ">", &value, "</", name, ">"]);
        self
    }

    pub(super) fn some(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    pub(super) fn within(&mut self, name: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.0.extend(["<", name, ">"]);
        write(self);
        self.0.extend(["</", name, ">"]);
        self
    }

    /// A list of texts.
    pub(super) fn texts<T: Display>(
        &mut self,
        name: &str,
        member: &str,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.within(name, |xml| {
            for value in values {
                xml.text(member, value);
            }
        })
    }

    /// A list of structures.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        member: &str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) -> &mut Self {
        self.within(name, |xml| {
            for item in items {
                xml.within(member, |xml| write(xml, item));
            }
        })
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The present time, as AWS writes times.
pub(super) fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    moment(now.unwrap_or_default().as_millis())
}

/// A time in milliseconds since 1970, by the calendar of days counted from March.
fn moment(millis: u128) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u128::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest_and_texts_are_escaped() {
        let xml = Xml::written(|xml| {
            xml.text("A", "<&>").some("B", None::<&str>).texts("C", "m", ["1", "2"]);
        });
        assert_eq!(xml, "<A>&lt;&amp;&gt;</A><C><m>1</m><m>2</m></C>");
    }

    #[test]
    fn times_follow_the_calendar() {
        assert_eq!(moment(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(moment(1_709_164_799_999), "2024-02-28T23:59:59.999Z");
        assert_eq!(moment(1_709_164_800_000), "2024-02-29T00:00:00.000Z");
        assert_eq!(moment(1_735_689_599_000), "2024-12-31T23:59:59.000Z");
    }
}
