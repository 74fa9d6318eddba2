//! The guide on faults: fixed text around two reports, each of which its own run writes.
//!
//! A report stands between two comments, by which the run of the other finds and keeps it, and a run of a
//! part of it the rest.

use anyhow::{Context as _, Result};
use officeless_testbench::repository;

/// Where the guide is kept.
const GUIDE: &str = "docs/guides/faults.md";

/// The fixed text; a line `{faults}` or `{kills}` stands for a report.
const TEXT: &str = include_str!("guide.md");

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Faults,
    Kills,
}

impl Section {
    const ALL: [Self; 2] = [Self::Faults, Self::Kills];

    fn name(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Kills => "kills",
        }
    }

    /// The comments around it.
    fn ends(self) -> (String, String) {
        let name = self.name();
        (format!("<!-- report of the {name} -->\n"), format!("<!-- end of the {name} -->\n"))
    }

    /// What a page holds of it.
    fn within(self, page: &str) -> Option<&str> {
        let (begin, end) = self.ends();
        let (_, rest) = page.split_once(&begin)?;
        rest.split_once(&end).map(|(text, _)| text)
    }
}

/// The guide as it stands.
pub(crate) struct Guide(String);

impl Guide {
    /// Reads it; one that is not there is empty.
    pub(crate) fn read() -> Self {
        Self(std::fs::read_to_string(repository().join(GUIDE)).unwrap_or_default())
    }

    /// The report it holds.
    pub(crate) fn section(&self, section: Section) -> &str {
        section.within(&self.0).unwrap_or_default()
    }

    /// Writes it with a new report. The other one stays as it is.
    pub(crate) fn write(&self, section: Section, text: &str) -> Result<()> {
        let page = page(&self.0, section, text);
        std::fs::write(repository().join(GUIDE), page).context("writing the guide")?;
        println!("wrote the {} into {GUIDE}", section.name());
        Ok(())
    }
}

/// The page with a new report.
fn page(before: &str, section: Section, text: &str) -> String {
    let mut page = TEXT.to_owned();
    for one in Section::ALL {
        let kept = one.within(before).unwrap_or("\nNot run yet.\n\n");
        let fresh = format!("\n{text}\n");
        let report = if one == section { fresh.as_str() } else { kept };
        let (begin, end) = one.ends();
        page = page.replace(&format!("{{{}}}\n", one.name()), &format!("{begin}{report}{end}"));
    }
    page
}
