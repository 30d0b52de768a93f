//! Many people at once, in and out.

use core::time::Duration;

use gatelodge_domain::attribute::{
    AttributeName, AttributeRule, AttributeType, Attributes, Multiplicity, OwnerAccess, Presence,
    UserSchema,
};
use gatelodge_domain::audit::AuditAction;
use gatelodge_domain::role::RoleName;
use gatelodge_domain::user::{
    PasswordChange, Profile, ProfileClaim, SubjectId, UserStatus, Verification,
};
use gatelodge_domain::{Email, Password, Subject, User, Username};
use gatelodge_ports::Clock as _;
use gatelodge_ports::store::{PageRequest, UserFilter};
use gatelodge_usecases::ErrorCode;
use gatelodge_usecases::admin::{
    Caller, RealmsWrite, Refusal, UsersExportHashes, UsersRead, UsersWrite,
};
use gatelodge_usecases::users::{
    AccountStatus, Effect, ExportParts, ImportSummary, ImportedEmail, ImportedPassword,
    ImportedUser, LineOutcome, OnConflict,
};

use super::access::make_role;
use super::plane::{Plane, code};

const BCRYPT: &str = "$2b$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.";

fn address(text: &str) -> ImportedEmail {
    ImportedEmail::Address(Email::parse(text).unwrap())
}

/// A line with a proved address and nothing else.
pub(super) fn line(name: &str) -> ImportedUser {
    ImportedUser {
        username: Username::parse(name).unwrap(),
        email: address(&format!("{name}@example.org")),
        email_verification: Some(Verification::Verified),
        profile: None,
        attributes: None,
        status: None,
        subject: None,
        password: None,
        password_change: None,
        roles: None,
        groups: None,
    }
}

fn hashed(name: &str, hash: &str) -> ImportedUser {
    ImportedUser {
        password: Some(ImportedPassword::Hash(hash.to_owned())),
        ..line(name)
    }
}

async fn import(
    plane: &Plane,
    realm: &str,
    (effect, on_conflict): (Effect, OnConflict),
    lines: Vec<ImportedUser>,
) -> (Vec<LineOutcome>, ImportSummary) {
    let caller = &Caller::Operator;
    import_as(plane, (caller, realm), (effect, on_conflict), lines).await
}

pub(super) async fn import_as(
    plane: &Plane,
    (caller, realm): (&Caller, &str),
    (effect, on_conflict): (Effect, OnConflict),
    lines: Vec<ImportedUser>,
) -> (Vec<LineOutcome>, ImportSummary) {
    let permit = plane.permit::<UsersWrite>(caller, realm).await;
    let users = &plane.api.users;
    let mut import = users
        .begin_import(permit.unwrap(), effect, on_conflict)
        .await
        .unwrap();
    let lines = lines.into_iter().map(Ok).collect();
    let outcomes = users.import(&mut import, lines).await.unwrap();
    let summary = users.end_import(import).await.unwrap();
    (outcomes, summary)
}

async fn everybody(plane: &Plane, realm: &str) -> Vec<User> {
    let permit = plane.permit::<UsersRead>(&Caller::Operator, realm).await;
    let page = PageRequest::first(200);
    let users = &plane.api.users;
    let (permit, all) = (permit.unwrap(), UserFilter::default());
    users.list(&permit, &all, page).await.unwrap().items
}

pub(super) fn refusals(outcomes: &[LineOutcome]) -> Vec<Option<String>> {
    let field = |outcome: &LineOutcome| match outcome {
        LineOutcome::Refused(Refusal { field, .. }) => field.as_ref().map(ToString::to_string),
        _ => None,
    };
    outcomes.iter().map(field).collect()
}

pub(super) const WRITE: (Effect, OnConflict) = (Effect::Written, OnConflict::Fail);

#[tokio::test]
async fn a_line_that_cannot_be_taken_concerns_no_other() {
    let plane = Plane::new().await;
    plane.user("default", "known").await;
    let subject = SubjectId::from_random([7; 16]);
    let weak = ImportedUser {
        password: Some(ImportedPassword::Plain(
            Password::parse("password1").unwrap(),
        )),
        ..line("weak")
    };
    let strong = ImportedUser {
        password: Some(ImportedPassword::Plain(
            Password::parse("correct horse battery").unwrap(),
        )),
        subject: Some(subject.clone()),
        status: Some(AccountStatus::Deactivated),
        ..line("strong")
    };
    let twice = ImportedUser {
        email: strong.email.clone(),
        ..line("twice")
    };
    let lines = vec![
        hashed("imported", BCRYPT),
        line("known"),
        strong,
        weak,
        hashed(
            "costly",
            "$2b$20$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.",
        ),
        hashed("plain", "correct horse battery"),
        twice,
        line("last"),
    ];
    let (outcomes, summary) = import(&plane, "default", WRITE, lines).await;
    let expected = [
        None,
        Some("username"),
        None,
        Some("password"),
        Some("password_hash"),
        Some("password_hash"),
        Some("email"),
        None,
    ];
    assert_eq!(
        refusals(&outcomes),
        expected.map(|it| it.map(str::to_owned))
    );
    let counted = ImportSummary {
        created: 3,
        refused: 5,
        ..ImportSummary::default()
    };
    assert_eq!(summary, counted);
    let people = everybody(&plane, "default").await;
    let names: Vec<&str> = people.iter().map(|it| it.username.as_str()).collect();
    assert_eq!(names, ["known", "imported", "strong", "last"]);
    assert_eq!(people[2].subject, subject);
    assert!(matches!(people[2].status, UserStatus::Deactivated { .. }));
    let trail = plane.house.trail().await;
    let count = |action| trail.iter().filter(|event| event.action == action).count();
    assert_eq!(count(AuditAction::UserCreated), 4);
    assert_eq!(count(AuditAction::UsersImported), 1);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let plane = Plane::new().await;
    plane.user("default", "known").await;
    let lines = || {
        vec![
            hashed("imported", BCRYPT),
            line("known"),
            line("new"),
            line("new"),
        ]
    };
    let jobs = || plane.house.foundation.hasher.jobs();
    let (before, events) = (jobs(), plane.house.trail().await.len());
    let dry = (Effect::DryRun, OnConflict::Skip);
    let (outcomes, dry) = import(&plane, "default", dry, lines()).await;
    assert_eq!(everybody(&plane, "default").await.len(), 1);
    assert_eq!((jobs(), plane.house.trail().await.len()), (before, events));
    assert!(matches!(outcomes[0], LineOutcome::Created(None)));
    let wet = (Effect::Written, OnConflict::Skip);
    let (_, wet) = import(&plane, "default", wet, lines()).await;
    assert_eq!(dry, wet);
    let counted = ImportSummary {
        created: 2,
        skipped: 1,
        refused: 1,
        updated: 0,
    };
    assert_eq!(wet, counted);
    assert_eq!(everybody(&plane, "default").await.len(), 3);
}

#[tokio::test]
async fn an_update_changes_who_is_there() {
    let plane = Plane::new().await;
    let known = plane.user("default", "known").await;
    let update = (Effect::Written, OnConflict::Update);
    let lines = vec![hashed("known", BCRYPT), line("new")];
    let (outcomes, _) = import(&plane, "default", update, lines).await;
    assert_eq!(outcomes[0], LineOutcome::Updated(known.id));
    let people = everybody(&plane, "default").await;
    assert_eq!(people.len(), 2);
    assert_eq!(
        people[0].email.as_ref().unwrap().as_str(),
        "known@example.org"
    );
    assert_eq!(people[0].subject, known.subject);
}

#[tokio::test]
async fn an_update_leaves_what_the_line_does_not_speak_of() {
    let plane = Plane::new().await;
    let update = (Effect::Written, OnConflict::Update);
    let mut profile = Profile::default();
    profile.set(ProfileClaim::Nickname, "Ada").unwrap();
    let until = plane.house.clock.now().plus(Duration::from_hours(1));
    let suspended = Some(AccountStatus::Suspended { until });
    let made = ImportedUser {
        profile: Some(profile.clone()),
        status: suspended,
        password_change: Some(PasswordChange::Required),
        ..line("ada")
    };
    import(&plane, "default", WRITE, vec![made]).await;
    let bare = || ImportedUser {
        email: ImportedEmail::Unsaid,
        email_verification: None,
        ..line("ada")
    };
    import(&plane, "default", update, vec![bare()]).await;
    let known = everybody(&plane, "default").await.pop().unwrap();
    assert_eq!(known.profile, profile);
    assert_eq!(known.email.as_ref().unwrap().as_str(), "ada@example.org");
    assert_eq!(known.email_verification, Verification::Verified);
    assert_eq!(known.status, UserStatus::Suspended { until });
    assert_eq!(known.password_change, PasswordChange::Required);

    // Another address is nobody's until somebody proves it; the same status said again, after
    // its end too, changes nothing; another password need not be changed.
    plane.house.advance(7_200);
    let turned = ImportedUser {
        email: address("ada@example.com"),
        status: suspended,
        profile: Some(Profile::default()),
        ..hashed("ada", BCRYPT)
    };
    let turned = ImportedUser {
        email_verification: None,
        ..turned
    };
    let (outcomes, _) = import(&plane, "default", update, vec![turned]).await;
    assert_eq!(outcomes, [LineOutcome::Updated(known.id)]);
    let known = everybody(&plane, "default").await.pop().unwrap();
    assert_eq!(known.profile, Profile::default());
    assert_eq!(known.email_verification, Verification::Unverified);
    assert_eq!(known.status, UserStatus::Suspended { until });
    assert_eq!(known.password_change, PasswordChange::Free);

    let gone = ImportedUser {
        email: ImportedEmail::None,
        ..bare()
    };
    import(&plane, "default", update, vec![gone]).await;
    let known = everybody(&plane, "default").await.pop().unwrap();
    assert_eq!(known.email, None);
    // A subject is for ever.
    let other = ImportedUser {
        subject: Some(SubjectId::from_random([9; 16])),
        ..bare()
    };
    let same = ImportedUser {
        subject: Some(known.subject.clone()),
        ..bare()
    };
    let (outcomes, _) = import(&plane, "default", update, vec![other, same]).await;
    assert_eq!(refusals(&outcomes), [Some("sub".to_owned()), None]);
}

#[tokio::test]
async fn a_line_that_is_refused_at_its_end_has_changed_nothing() {
    let plane = Plane::new().await;
    make_role(&plane, "system", "clerk", &[]).await;
    let root = plane.administrator("root", "administrator").await;
    let before = everybody(&plane, "system").await;
    let events = plane.house.trail().await.len();
    // Everything else could be written before the role of the last administrator goes.
    let stripped = ImportedUser {
        roles: Some([RoleName::parse("clerk").unwrap()].into()),
        ..hashed("root", BCRYPT)
    };
    let update = (Effect::Written, OnConflict::Update);
    let (outcomes, _) = import(&plane, "system", update, vec![stripped]).await;
    let LineOutcome::Refused(refusal) = &outcomes[0] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(refusal.code, ErrorCode::Protected);
    assert_eq!(everybody(&plane, "system").await, before);
    let mut view = plane.house.foundation.store.read().await.unwrap();
    let password = view.passwords().find(root.realm, root.id).await.unwrap();
    assert!(password.is_none());
    let subject = Subject::User(root.id);
    let held = view.roles().held_by(root.realm, subject).await.unwrap();
    let names: Vec<&str> = held.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["administrator"]);
    // The end of the import is an event, and nothing else is.
    assert_eq!(plane.house.trail().await.len(), events + 1);
}

#[tokio::test]
async fn a_file_that_contradicts_itself_is_told_so_whatever_was_written_meanwhile() {
    let plane = Plane::new().await;
    for effect in [Effect::DryRun, Effect::Written] {
        for (number, on_conflict) in [OnConflict::Fail, OnConflict::Skip, OnConflict::Update]
            .into_iter()
            .enumerate()
        {
            // Near enough to wait for the same unit, and too far for that.
            let mut lines: Vec<ImportedUser> = (0..200)
                .map(|line_number| line(&format!("p{number}-{line_number}")))
                .collect();
            lines.insert(1, line(&format!("p{number}-0")));
            lines.push(line(&format!("p{number}-0")));
            let (outcomes, summary) = import(&plane, "default", (effect, on_conflict), lines).await;
            assert_eq!((summary.created, summary.refused), (200, 2));
            for twice in [&outcomes[1], &outcomes[201]] {
                let field = refusals(core::slice::from_ref(twice));
                assert_eq!(field, [Some("username".to_owned())]);
            }
        }
    }
}

#[tokio::test]
async fn what_is_given_out_can_be_taken_in_elsewhere() {
    let plane = Plane::new().await;
    let name = |text| AttributeName::parse(text).unwrap();
    let mut schema = UserSchema::default();
    let rule = AttributeRule {
        display_name: None,
        kind: AttributeType::Integer,
        multiplicity: Multiplicity::Many,
        presence: Presence::Optional,
        max_length: None,
        pattern: None,
        claim: None,
        owner: OwnerAccess::Sees,
    };
    schema.set(name("numbers"), rule).unwrap();
    for realm in ["default", "acme"] {
        let permit = plane.permit::<RealmsWrite>(&Caller::Operator, realm).await;
        let permit = permit.unwrap();
        let revision = permit.realm().realm.revision;
        let users = &plane.api.users;
        let schema = schema.clone();
        users.set_schema(&permit, revision, schema).await.unwrap();
    }
    let mut attributes = Attributes::default();
    attributes.set(name("numbers"), "[1,2]".to_owned()).unwrap();
    let given = ImportedUser {
        attributes: Some(attributes),
        password_change: Some(PasswordChange::Required),
        ..hashed("ada", BCRYPT)
    };
    import(&plane, "default", WRITE, vec![given, line("bob")]).await;

    let users = &plane.api.users;
    let read = plane
        .permit::<UsersRead>(&Caller::Operator, "default")
        .await;
    let hashes = plane
        .permit::<UsersExportHashes>(&Caller::Operator, "default")
        .await;
    let parts = ExportParts {
        password_hashes: Some(hashes.unwrap()),
        ..ExportParts::default()
    };
    let mut export = users.begin_export(read.unwrap(), parts).await.unwrap();
    let people = users.export(&mut export).await.unwrap();
    assert!(users.export(&mut export).await.unwrap().is_empty());
    assert_eq!(people.len(), 2);
    let lines = people.iter().map(|exported| ImportedUser {
        username: exported.user.username.clone(),
        email: exported
            .user
            .email
            .clone()
            .map_or(ImportedEmail::None, ImportedEmail::Address),
        email_verification: Some(exported.user.email_verification),
        profile: Some(exported.user.profile.clone()),
        attributes: Some(exported.user.attributes.clone()),
        status: Some(AccountStatus::Active),
        subject: Some(exported.user.subject.clone()),
        password: exported
            .password
            .as_ref()
            .map(|hash| ImportedPassword::Hash(hash.as_phc().to_owned())),
        password_change: Some(exported.user.password_change),
        roles: None,
        groups: None,
    });
    import(&plane, "acme", WRITE, lines.collect()).await;
    let there = everybody(&plane, "acme").await;
    for (one, other) in people.iter().zip(&there) {
        let moved = User {
            id: other.id,
            realm: other.realm,
            created_at: other.created_at,
            updated_at: other.updated_at,
            ..one.user.clone()
        };
        assert_eq!(moved, *other);
    }
    let mut view = plane.house.foundation.store.read().await.unwrap();
    let found = view.passwords().find(there[0].realm, there[0].id).await;
    assert_eq!(found.unwrap().unwrap().hash.as_phc(), BCRYPT);
}

#[tokio::test]
async fn attributes_outside_of_the_schema_are_refused() {
    let plane = Plane::new().await;
    let mut attributes = Attributes::default();
    let name = AttributeName::parse("cost_centre").unwrap();
    attributes.set(name, "1".to_owned()).unwrap();
    let stray = ImportedUser {
        attributes: Some(attributes),
        ..line("ada")
    };
    let (outcomes, _) = import(&plane, "default", WRITE, vec![stray]).await;
    let expected = Some("attributes.cost_centre".to_owned());
    assert_eq!(refusals(&outcomes), [expected]);
}

#[tokio::test]
async fn the_cost_of_imported_hashes_is_the_floor_of_every_try() {
    let plane = Plane::new().await;
    let fact = async || {
        let realm = plane.house.realm.realm.id;
        let name = format!("imported_hash_cost|{realm}");
        let mut view = plane.house.foundation.store.read().await.unwrap();
        view.system().find(&name).await.unwrap()
    };
    import(&plane, "default", WRITE, vec![line("plain")]).await;
    assert_eq!(fact().await, None);
    import(&plane, "default", WRITE, vec![hashed("ada", BCRYPT)]).await;
    let millis: u64 = String::from_utf8(fact().await.unwrap())
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..5_000).contains(&millis), "{millis}");
}

#[tokio::test]
async fn hashes_of_administrators_are_given_to_nobody_who_may_do_less() {
    let plane = Plane::new().await;
    plane
        .role("reader", &["users:read", "users:export_hashes"])
        .await;
    let reader = plane.administrator("reader", "reader").await;
    let caller = plane.caller(&reader, "admin").await;
    let users = &plane.api.users;
    for (realm, allowed) in [("default", true), ("system", false)] {
        let read = plane.permit::<UsersRead>(&caller, realm).await.unwrap();
        let hashes = plane.permit::<UsersExportHashes>(&caller, realm).await;
        let parts = ExportParts {
            password_hashes: Some(hashes.unwrap()),
            ..ExportParts::default()
        };
        let export = users.begin_export(read, parts).await;
        if allowed {
            assert!(export.is_ok());
        } else {
            assert_eq!(code(export), ErrorCode::InsufficientScope);
        }
    }
}
