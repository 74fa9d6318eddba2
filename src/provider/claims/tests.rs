//! Tests of the claims: what one create tells another, on one machine and from another one. The
//! creates are of one process here, which locks as two do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use time::OffsetDateTime;

use super::unreported::tests::run;
use super::*;
use crate::platform::tags::{Claim as Marker, written};

const OWNER: Owner<'static> = Owner { kind: "cache", name: "app" };
const HOUR: Duration = Duration::from_hours(1);
const WHAT: &str = "the cache app";

/// Claims of a machine: those of one home know of each other.
fn claims(home: &TempDir) -> Claims {
    let home = home.path().to_str().unwrap();
    Claims { host: "here".to_owned(), ..Claims::new(&Environment::from([("HOME", home)])) }
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn folder(home: &TempDir) -> PathBuf {
    home.path().join(".local/state/terraform-provider-officeless/creating")
}

fn files(home: &TempDir) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder(home)) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn begin(claims: &Claims) -> Claim<'_> {
    claims.begin(HOUR, BTreeSet::new())
}

fn marked(value: &str) -> Tags {
    written(&Tags::new(), OWNER, Some(value))
}

/// The marker of a create on another machine that has still so many minutes, or had.
fn elsewhere(minutes: i64) -> Tags {
    let until = OffsetDateTime::now_utc() + time::Duration::minutes(minutes);
    marked(&Marker::new(until, "there", 7).to_string())
}

fn told(takeover: Takeover) -> String {
    match takeover {
        Takeover::NotNow(other) => other.why(),
        takeover => panic!("{takeover:?}"),
    }
}

#[test]
fn what_a_create_has_made_is_its_own_and_nobody_elses_while_it_lives() {
    let home = home();
    let (here, same_machine) = (claims(&home), claims(&home));
    let first = begin(&here);
    let found = marked(first.value());
    assert_eq!(first.judge(WHAT, &found, OWNER), Takeover::Ours);
    for other in [&here, &same_machine] {
        let why = told(begin(other).judge(WHAT, &found, OWNER));
        let until = Marker::parse(first.value()).unwrap().until;
        let expected = format!(
            "the cache app is being created by another run, on here, which may go on until {}",
            tags::told(until)
        );
        assert_eq!(why, expected);
        let lasts = until - OffsetDateTime::now_utc();
        assert!(lasts > HOUR && lasts <= HOUR + MARGIN, "{lasts}");
        assert!(matches!(other.look(WHAT, &found, OWNER), Takeover::NotNow(_)));
    }
}

#[test]
fn what_a_dead_create_left_is_taken_over_at_once_and_by_one_alone() {
    let home = home();
    let here = claims(&home);
    let dead = begin(&here);
    let found = marked(dead.value());
    drop(dead);
    assert_eq!(here.look(WHAT, &found, OWNER), Takeover::Left);
    let (second, third) = (begin(&here), begin(&here));
    assert_eq!(second.judge(WHAT, &found, OWNER), Takeover::Left);
    // Another part of what the same create left.
    assert_eq!(second.judge("role app", &found, OWNER), Takeover::Left);
    assert!(told(third.judge(WHAT, &found, OWNER)).contains("on here"));
    let mut taken = written(&Tags::new(), OWNER, None);
    taken.extend(second.mark());
    assert!(told(third.judge(WHAT, &taken, OWNER)).contains("on here"));
    second.complete();
    assert!(files(&home).is_empty(), "{:?}", files(&home));
}

#[test]
fn from_elsewhere_only_the_time_counts() {
    let home = home();
    let here = claims(&home);
    let why = told(begin(&here).judge(WHAT, &elsewhere(5), OWNER));
    assert!(why.contains("by another run, on there, which may go on until 20"), "{why}");
    assert!(matches!(here.look(WHAT, &elsewhere(5), OWNER), Takeover::NotNow(_)));
    assert_eq!(here.look(WHAT, &elsewhere(-5), OWNER), Takeover::Left);
    let (second, third) = (begin(&here), begin(&here));
    assert_eq!(second.judge(WHAT, &elsewhere(-5), OWNER), Takeover::Left);
    let why = told(third.judge(WHAT, &elsewhere(-5), OWNER));
    assert_eq!(why, "the cache app is being created by another run on this machine");
}

#[test]
fn a_lock_that_another_machine_may_not_see_says_nothing() {
    let home = home();
    let there = Claims { host: "there".to_owned(), ..claims(&home) };
    let first = begin(&there);
    let found = marked(first.value());
    let here = claims(&home);
    assert!(told(begin(&here).judge(WHAT, &found, OWNER)).contains("on there"));
    drop(first);
    assert!(told(begin(&here).judge(WHAT, &found, OWNER)).contains("on there"));
    assert_eq!(begin(&there).judge(WHAT, &found, OWNER), Takeover::Left);
}

#[test]
fn whoever_insists_takes_over_and_only_one_does() {
    let home = home();
    let here = claims(&home);
    for value in [tags::ABANDONED, "true", ""] {
        let found = marked(value);
        let (second, third) = (begin(&here), begin(&here));
        assert_eq!(second.judge(WHAT, &found, OWNER), Takeover::Left, "{value:?}");
        assert!(told(third.judge(WHAT, &found, OWNER)).contains("by another run on this machine"));
        // Another object of that name is another matter.
        assert_eq!(third.judge("volume vol-2", &found, OWNER), Takeover::Left);
        assert_eq!(here.look(WHAT, &found, OWNER), Takeover::Left);
    }
}

#[test]
fn what_is_finished_or_somebody_elses_is_never_taken_over() {
    let home = home();
    let here = claims(&home);
    let other = Owner { name: "other", ..OWNER };
    for found in [
        Tags::new(),
        written(&Tags::new(), OWNER, None),
        written(&Tags::new(), other, Some("true")),
        Tags::from([(CREATING.to_owned(), "true".to_owned())]),
    ] {
        assert_eq!(begin(&here).judge(WHAT, &found, OWNER), Takeover::Never, "{found:?}");
        assert_eq!(here.look(WHAT, &found, OWNER), Takeover::Never, "{found:?}");
    }
    assert!(files(&home).is_empty());
}

/// What a create has finished, as AWS has it.
fn finished() -> Tags {
    written(&Tags::new(), OWNER, None)
}

/// The claims of a run on one state, by a process of this number.
fn claims_of_run(home: &TempDir, terraform: u32) -> Claims {
    Claims { run: run(terraform), ..claims(home) }
}

#[test]
fn what_was_finished_and_never_reported_is_taken_over_by_a_later_run_on_the_same_state() {
    let home = home();
    let killed = claims_of_run(&home, 1);
    let create = begin(&killed);
    create.value();
    create.unmarking(WHAT, OWNER);
    create.unmarking("role app", OWNER);
    let later = claims_of_run(&home, 2);
    // It lives still.
    assert_eq!(later.look(WHAT, &finished(), OWNER), Takeover::Never);
    drop(create);
    assert_eq!(begin(&killed).judge(WHAT, &finished(), OWNER), Takeover::Never);
    assert_eq!(claims(&home).look(WHAT, &finished(), OWNER), Takeover::Never);
    assert_eq!(later.look(WHAT, &Tags::new(), OWNER), Takeover::Never);
    assert_eq!(later.look("the cache web", &finished(), OWNER), Takeover::Never);
    assert_eq!(later.look(WHAT, &finished(), OWNER), Takeover::Left);
    let (again, third) = (begin(&later), begin(&later));
    for what in [WHAT, "role app", WHAT] {
        assert_eq!(again.judge(what, &finished(), OWNER), Takeover::Left);
    }
    assert_eq!(third.judge(WHAT, &finished(), OWNER), Takeover::Never);
    assert_eq!(again.complete(), None);
    assert!(files(&home).is_empty(), "{:?}", files(&home));
}

#[test]
fn what_was_reported_is_never_taken_over() {
    let home = home();
    let first = claims_of_run(&home, 1);
    let create = begin(&first);
    create.value();
    create.unmarking(WHAT, OWNER);
    let nonce = create.complete().unwrap();
    assert_eq!(files(&home), std::slice::from_ref(&nonce));
    let later = claims_of_run(&home, 2);
    assert_eq!(later.look(WHAT, &finished(), OWNER), Takeover::Left);
    later.reported(&nonce);
    assert!(files(&home).is_empty());
    assert_eq!(later.look(WHAT, &finished(), OWNER), Takeover::Never);
}

#[test]
fn an_update_that_goes_on_with_an_unfinished_object_leaves_no_file() {
    let home = home();
    let first = claims_of_run(&home, 1);
    let create = begin(&first);
    let found = marked(create.value());
    create.unmarking("role app", OWNER);
    let nonce = create.nonce().to_owned();
    drop(create);
    let later = claims_of_run(&home, 2);
    let update = later.begin(HOUR, BTreeSet::from([nonce]));
    assert_eq!(update.judge(WHAT, &found, OWNER), Takeover::Ours);
    update.unmarking(WHAT, OWNER);
    assert_eq!(update.complete(), None);
    assert!(files(&home).is_empty(), "{:?}", files(&home));
}

#[test]
fn what_the_state_tells_of_is_ones_own_wherever_it_was_made() {
    let home = home();
    let here = claims(&home);
    let known = Marker::new(OffsetDateTime::now_utc(), "x", 7).nonce;
    let again = here.begin(HOUR, BTreeSet::from([known]));
    assert_eq!(again.judge(WHAT, &elsewhere(5), OWNER), Takeover::Ours);
}

#[test]
fn nothing_is_written_before_something_is_made_and_nothing_is_left_at_the_end() {
    let home = home();
    let here = claims(&home);
    begin(&here).complete();
    assert!(!folder(&home).exists());
    let claim = begin(&here);
    claim.value();
    assert_eq!(files(&home), [claim.nonce()]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder(&home)), 0o700);
        assert_eq!(mode(&folder(&home).join(claim.nonce())), 0o600);
    }
    claim.complete();
    assert!(files(&home).is_empty());
}

#[test]
fn files_of_creates_that_broke_off_long_ago_are_swept_away() {
    let home = home();
    let here = claims(&home);
    fs::create_dir_all(folder(&home)).unwrap();
    let now = OffsetDateTime::now_utc();
    for (nonce, hours) in [(1, -25), (2, -23)] {
        let marker = Marker::new(now + time::Duration::hours(hours), "here", nonce);
        fs::write(folder(&home).join(&marker.nonce), marker.to_string()).unwrap();
    }
    fs::write(folder(&home).join("notes"), "of somebody").unwrap();
    let claim = begin(&here);
    claim.value();
    let left: BTreeSet<String> = files(&home).into_iter().collect();
    let lately = Marker::new(now, "here", 2).nonce;
    let expected = [lately, "notes".to_owned(), claim.nonce().to_owned()];
    assert_eq!(left, BTreeSet::from(expected));
}

#[test]
fn without_a_folder_claims_go_by_their_time() {
    let blocked = home();
    fs::write(blocked.path().join(".local"), "not a folder").unwrap();
    let homeless = Claims::new(&Environment::default());
    for claims in [homeless, claims(&blocked)] {
        let first = begin(&claims);
        let found = marked(first.value());
        assert_eq!(first.judge(WHAT, &found, OWNER), Takeover::Ours);
        assert!(matches!(begin(&claims).judge(WHAT, &found, OWNER), Takeover::NotNow(_)));
        drop(first);
        assert!(matches!(begin(&claims).judge(WHAT, &found, OWNER), Takeover::NotNow(_)));
        assert_eq!(begin(&claims).judge(WHAT, &elsewhere(-5), OWNER), Takeover::Left);
    }
}

#[test]
fn a_path_from_here_is_no_home() {
    for (name, value) in [("HOME", "relative"), ("XDG_STATE_HOME", "relative")] {
        assert!(Folder::of(&Environment::from([(name, value)])).is_none(), "{name}");
    }
    let both = Environment::from([("HOME", "/home/x"), ("XDG_STATE_HOME", "/state")]);
    let place = Folder::of(&both).unwrap();
    assert_eq!(place.display().to_string(), "/state/terraform-provider-officeless/creating");
}

#[test]
fn the_way_on_says_how_to_insist() {
    assert_eq!(
        BeingMade::next(),
        "Wait for it. If that run is gone, let this one take over: set the tag officeless:creating \
         of what it left to \"abandoned\", with the AWS console or the aws command."
    );
}
