//! Taking in users: lines come in, and what became of each goes out while the next ones come.
//!
//! The body is not gathered: it is read as it arrives, a line at a time. The report is written
//! as work goes and never waits for whoever reads it, because many clients read nothing before
//! they have sent everything; how many lines one request may have bounds it.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpResponse, post, rt};
use futures_util::StreamExt as _;
use gatelodge_usecases::Failure;
use gatelodge_usecases::admin::{Refusal, UsersWrite};
use gatelodge_usecases::users::{Effect, Import, ImportedUser, LineOutcome, OnConflict};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};

use super::record::UserRecord;
use crate::admin::body::query;
use crate::admin::fields::word;
use crate::admin::request::AdminRequest;
use crate::errors::HttpError;
use crate::problem::{Problem, ProblemDetails};
use crate::state::HttpState;

/// The media type of one JSON value a line.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// The most lines of one request; a longer file is sent in parts.
const MOST_LINES: u64 = 100_000;
/// The longest line, in bytes.
const LONGEST_LINE: usize = 64 * 1_024;
/// Lines that are worked on together.
const TOGETHER: usize = 64;
/// How long the next bytes may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Whether everything is checked and nothing written.
    #[param(default = false)]
    dry_run: Option<bool>,
    /// What becomes of a line whose user name somebody has already: it is left out (`skip`),
    /// refused (`fail`), or the user becomes what it says, and stays what it leaves out
    /// (`update`).
    #[param(default = "fail")]
    on_conflict: Option<String>,
}

impl ImportQuery {
    fn on_conflict(&self) -> Result<OnConflict, Refusal> {
        let known = |text: &str| match text {
            "skip" => Some(OnConflict::Skip),
            "fail" => Some(OnConflict::Fail),
            "update" => Some(OnConflict::Update),
            _ => None,
        };
        let text = self.on_conflict.as_deref().unwrap_or("fail");
        word("on_conflict", text, known, "skip, fail, update")
    }
}

/// What became of a line; the last one of a report is a summary instead.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineReport {
    /// Which line, from 1.
    line: u64,
    /// `created`, `updated`, `skipped` or `refused`.
    result: &'static str,
    /// Row id of the user; none where there is none, or in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDetails>,
}

/// The last line of a report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportReport {
    summary: Summary,
    /// Why the import ended before its last line, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDetails>,
}

#[derive(Serialize, ToSchema)]
struct Summary {
    /// Lines that were read.
    lines: u64,
    created: u64,
    updated: u64,
    skipped: u64,
    refused: u64,
    /// Whether nothing was written.
    dry_run: bool,
    /// Whether all lines were read.
    complete: bool,
}

/// Imports users: one JSON object a line, at most 100,000 lines a request. The answer is a
/// report, one JSON object for each line as it is done, and a summary at the end. A line that
/// is refused concerns no other.
#[utoipa::path(
    tag = "Users",
    operation_id = "import_users",
    params(ImportQuery),
    request_body(content = UserRecord, content_type = "application/x-ndjson", description = "A user a line."),
    responses((status = 200, description = "A report a line, and a summary.", body = LineReport, content_type = "application/x-ndjson")),
    security(("bearer" = ["users:write"])),
)]
#[post("/realms/{realm}/users/import")]
pub(crate) async fn import_users(
    admin: AdminRequest,
    realm: Path<String>,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let permit = admin.permit::<UsersWrite>(&realm).await?;
    let query: ImportQuery = query(&admin.http)?;
    expect_ndjson(&admin)?;
    let effect = match query.dry_run {
        Some(true) => Effect::DryRun,
        Some(false) | None => Effect::Written,
    };
    let on_conflict = query.on_conflict()?;
    let users = &admin.api().users;
    let import = users.begin_import(permit, effect, on_conflict).await?;
    let state = admin.http.app_data::<Data<HttpState>>().cloned();
    let state = state.ok_or_else(|| Problem::Failed(HttpError::misconfigured()))?;
    let (report, lines) = unbounded_channel();
    let work = Work {
        state,
        import,
        report,
        line: 0,
    };
    rt::spawn(work.run(body));
    let lines = futures_util::stream::unfold(lines, async |mut lines| {
        let line: Bytes = lines.recv().await?;
        Some((Ok::<_, actix_web::Error>(line), lines))
    });
    Ok(HttpResponse::Ok().content_type(NDJSON).streaming(lines))
}

fn expect_ndjson(admin: &AdminRequest) -> Result<(), Problem> {
    let sent = admin.http.headers().get(header::CONTENT_TYPE);
    let sent = sent.map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = sent.split(|byte| *byte == b';').next().unwrap_or_default();
    if essence.trim_ascii().eq_ignore_ascii_case(NDJSON.as_bytes()) {
        Ok(())
    } else {
        Err(Problem::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }
}

/// An import and whoever is told of it.
struct Work {
    state: Data<HttpState>,
    import: Import,
    report: UnboundedSender<Bytes>,
    /// Lines read so far.
    line: u64,
}

/// Why no further line is read.
enum End {
    /// That was the last one.
    Body,
    /// Nobody reads the report any more.
    Left,
    /// The rest cannot be read.
    Refused(Problem),
    /// Something did not work.
    Failed(Failure),
}

impl Work {
    async fn run(mut self, body: Payload) {
        let end = self.read(body).await;
        let state = self.state.clone();
        let (effect, lines) = (self.import.effect(), self.line);
        let mut summary = self.import.summary();
        let ended = state.use_cases.admin.users.end_import(self.import).await;
        let (complete, mut problem) = match end {
            End::Body => (true, None),
            End::Left => return,
            End::Refused(problem) => (false, Some(problem)),
            End::Failed(failure) => (false, Some(Problem::from(failure))),
        };
        match ended {
            Ok(ended) => summary = ended,
            Err(failure) => problem = Some(Problem::from(failure)),
        }
        let last = ImportReport {
            summary: Summary {
                lines,
                created: summary.created,
                updated: summary.updated,
                skipped: summary.skipped,
                refused: summary.refused,
                dry_run: effect == Effect::DryRun,
                complete: complete && problem.is_none(),
            },
            problem: problem.map(|problem| problem.details(None)),
        };
        // Whoever left meanwhile misses nothing.
        let _told = self.report.send(line_of(&last));
    }

    async fn read(&mut self, mut body: Payload) -> End {
        let mut pending: Vec<u8> = Vec::new();
        loop {
            let Ok(chunk) = timeout(PATIENCE, body.next()).await else {
                return End::Refused(Problem::Http(StatusCode::REQUEST_TIMEOUT));
            };
            let is_last = chunk.is_none();
            match chunk {
                Some(Ok(chunk)) => pending.extend_from_slice(&chunk),
                Some(Err(_)) => return End::Refused(Problem::Http(StatusCode::BAD_REQUEST)),
                None if !pending.is_empty() => pending.push(b'\n'),
                None => {}
            }
            if let Err(end) = self.take_lines(&mut pending).await {
                return end;
            }
            if is_last {
                return End::Body;
            }
            if pending.len() > LONGEST_LINE {
                return End::Refused(Problem::Http(StatusCode::PAYLOAD_TOO_LARGE));
            }
        }
    }

    /// Works on every whole line that is there, and leaves the rest.
    async fn take_lines(&mut self, pending: &mut Vec<u8>) -> Result<(), End> {
        let Some(end) = pending.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(());
        };
        let rest = pending.split_off(end + 1);
        let whole = core::mem::replace(pending, rest);
        let mut lines = whole.split(|byte| *byte == b'\n').peekable();
        let mut together = Vec::with_capacity(TOGETHER);
        while let Some(line) = lines.next() {
            if lines.peek().is_none() {
                // What follows the last line end is nothing.
                break;
            }
            self.line += 1;
            if self.line > MOST_LINES {
                self.line -= 1;
                self.work(&mut together).await?;
                return Err(End::Refused(Problem::Http(StatusCode::PAYLOAD_TOO_LARGE)));
            }
            if !line.trim_ascii().is_empty() {
                let user = UserRecord::read(line).and_then(UserRecord::user);
                together.push((self.line, user));
            }
            if together.len() == TOGETHER {
                self.work(&mut together).await?;
            }
        }
        self.work(&mut together).await
    }

    async fn work(&mut self, together: &mut Vec<Numbered>) -> Result<(), End> {
        if together.is_empty() {
            return Ok(());
        }
        let (numbers, lines): (Vec<u64>, Vec<_>) = together.drain(..).unzip();
        let state = self.state.clone();
        let users = &state.use_cases.admin.users;
        let outcomes = users.import(&mut self.import, lines).await;
        let outcomes = outcomes.map_err(End::Failed)?;
        let mut told = Vec::new();
        for (line, outcome) in numbers.into_iter().zip(outcomes) {
            told.extend_from_slice(&line_of(&LineReport::of(line, outcome)));
        }
        self.report.send(told.into()).map_err(|_| End::Left)
    }
}

type Numbered = (u64, Result<ImportedUser, Refusal>);

impl LineReport {
    fn of(line: u64, outcome: LineOutcome) -> Self {
        let (result, id, problem) = match outcome {
            LineOutcome::Created(id) => ("created", id, None),
            LineOutcome::Updated(id) => ("updated", Some(id), None),
            LineOutcome::Skipped(id) => ("skipped", Some(id), None),
            LineOutcome::Refused(refusal) => ("refused", None, Some(Problem::from(refusal))),
        };
        Self {
            line,
            result,
            id: id.map(|id| id.to_string()),
            problem: problem.map(|problem| problem.details(None)),
        }
    }
}

/// A value as one line.
pub(super) fn line_of(value: &impl Serialize) -> Bytes {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
