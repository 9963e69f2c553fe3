using System.Text.Json;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Tests.Simulation;

/// <summary>What one commit did to a job's lease. Null for <c>New…</c>: the job is gone.</summary>
internal sealed record LeaseChange(string Key, string? OldBy, long OldAttempt, DateTimeOffset OldReadyAt, bool Gone, string? NewBy, long NewAttempt);

internal sealed record PageChange(long Id, PageStatus Old, PageStatus New, long OldAttempts, long NewAttempts);

internal sealed record LoggedEvent(long Id, string Kind, string Subject, string Reason, string? Data)
{
    public long? Incident => Subject.StartsWith("incident/", StringComparison.Ordinal) ? long.Parse(Subject.AsSpan("incident/".Length)) : null;

    public long? Page => Data is null ? null : JsonDocument.Parse(Data).RootElement.GetProperty("page").GetInt64();
}

/// <summary>What each commit changed, by triggers of the simulation's own connection, and questions to what is committed.</summary>
internal sealed class StoreAudit
{
    private readonly SqliteSession _session;
    private readonly PageStore _pages = new();
    private readonly IncidentStore _incidents = new(new(soleWriter: false));
    private readonly AlertStore _alerts = new(new(soleWriter: false));
    private readonly SilenceStore _silences = new();
    private readonly EntryStore _entries = new();
    private (EstateSnapshot Estate, string Bodies, SilenceSet Silences)? _compiled;
    private long _lastEvent;

    public StoreAudit(SqliteChannel channel)
    {
        _session = new(channel, default);
        foreach (var statement in _triggers)
        {
            channel.Run(statement);
        }
    }

    private static readonly string[] _triggers =
    [
        "CREATE TEMP TABLE lease_change (job_key TEXT, old_by TEXT, old_attempt INTEGER, old_ready INTEGER, gone INTEGER, new_by TEXT, new_attempt INTEGER)",
        "CREATE TEMP TABLE page_change (id INTEGER, old INTEGER, new INTEGER, old_attempts INTEGER, new_attempts INTEGER)",
        "CREATE TEMP TABLE touched (what TEXT, id INTEGER)",
        """
        CREATE TEMP TRIGGER job_update AFTER UPDATE ON main.job BEGIN
            INSERT INTO lease_change VALUES (old.job_key, old.lease_by, old.attempt, old.ready_at, 0, new.lease_by, new.attempt); END
        """,
        """
        CREATE TEMP TRIGGER job_delete AFTER DELETE ON main.job BEGIN
            INSERT INTO lease_change VALUES (old.job_key, old.lease_by, old.attempt, old.ready_at, 1, NULL, 0); END
        """,
        """
        CREATE TEMP TRIGGER page_update AFTER UPDATE ON main.page BEGIN
            INSERT INTO page_change VALUES (old.id, old.status, new.status, old.attempts, new.attempts); END
        """,
        "CREATE TEMP TRIGGER page_insert AFTER INSERT ON main.page BEGIN INSERT INTO touched VALUES ('incident', new.incident); END",
        "CREATE TEMP TRIGGER incident_insert AFTER INSERT ON main.incident BEGIN INSERT INTO touched VALUES ('incident', new.number); END",
        "CREATE TEMP TRIGGER incident_update AFTER UPDATE ON main.incident BEGIN INSERT INTO touched VALUES ('incident', new.number); END",
        "CREATE TEMP TRIGGER alert_insert AFTER INSERT ON main.alert BEGIN INSERT INTO touched VALUES ('alert', new.id); END",
        "CREATE TEMP TRIGGER alert_update AFTER UPDATE OF status ON main.alert BEGIN INSERT INTO touched VALUES ('alert', new.id); END",
    ];

    /// <summary>Whether what is not committed yet changes alerts, incidents or pages.</summary>
    public bool ChangesDecisions() => Count("SELECT (SELECT COUNT(*) FROM touched) + (SELECT COUNT(*) FROM page_change)") > 0;

    /// <summary>Whether it changes these, or the lease of a job that is more than a heartbeat.</summary>
    public bool ChangesSomething() => ChangesDecisions() || Count("SELECT COUNT(*) FROM lease_change WHERE job_key NOT LIKE 'canary/%'") > 0;

    public long LeasesOf(string node) => Count("SELECT COUNT(*) FROM job WHERE lease_by = @node", ("node", node));

    public List<LoggedEvent> TakeEvents()
    {
        var events = Now(_session.QueryAsync(
            "SELECT id, kind, subject, reason, data FROM event WHERE id > @last ORDER BY id",
            static row => new LoggedEvent(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.NullableString(4)), ("last", _lastEvent)));
        _lastEvent = events.Count > 0 ? events[^1].Id : _lastEvent;
        return events;
    }

    public List<LeaseChange> TakeLeaseChanges() => Take(
        "lease_change",
        _session.QueryAsync("SELECT job_key, old_by, old_attempt, old_ready, gone, new_by, new_attempt FROM lease_change", static row => new LeaseChange(
            row.GetString(0), row.NullableString(1), row.GetInt64(2), row.Instant(3), row.GetInt64(4) == 1, row.NullableString(5), row.GetInt64(6))));

    public List<PageChange> TakePageChanges() => Take(
        "page_change",
        _session.QueryAsync("SELECT id, old, new, old_attempts, new_attempts FROM page_change", static row => new PageChange(
            row.GetInt64(0), (PageStatus)row.GetInt32(1), (PageStatus)row.GetInt32(2), row.GetInt64(3), row.GetInt64(4))));

    public List<(string What, long Id)> TakeTouched() => Take(
        "touched", _session.QueryAsync("SELECT DISTINCT what, id FROM touched ORDER BY what, id", static row => (row.GetString(0), row.GetInt64(1))));

    public PageRow Page(long id) => Now(_pages.FindAsync(_session, 1, id))!;

    public PageRow? PageOfKey(string key) => Now(_session.ScalarAsync("SELECT id FROM page WHERE page_key = @key", ("key", key))) is { } id ? Page(id) : null;

    public List<PageRow> PagesOf(long incident) => Now(_pages.OfIncidentAsync(_session, 1, incident));

    /// <summary>The pages that one message stands for.</summary>
    public List<PageRow> Bundled(PageRow page) => Now(_pages.BundledAsync(_session, 1, page));

    public List<PageRow> Ladder(PageRow page) => Now(_pages.LadderAsync(_session, 1, page));

    public List<PageRow> AllPages() => Now(_pages.ListAsync(_session, 1, 0, null, long.MaxValue, 100_000));

    public IncidentState Incident(long number) => Now(_incidents.FindAsync(_session, 1, number))!;

    public List<IncidentState> AllIncidents() => Now(_incidents.ListAsync(_session, 1, open: false, null, long.MaxValue, 100_000));

    /// <summary>The incidents in which an alert counts as firing.</summary>
    public List<IncidentState> IncidentsOf(long alert) => [.. Now(_session.QueryAsync(
        "SELECT incident FROM incident_alert WHERE alert_id = @alert AND firing = 1 ORDER BY incident", static row => row.GetInt64(0), ("alert", alert))).Select(Incident)];

    public AlertRow Alert(long id) => Now(_alerts.FindAsync(_session, 1, id))!;

    public AlertRow? AlertOf(string key) => Now(_alerts.LoadAsync(_session, 1, [AlertStore.Fingerprint(Senders.Source, key)])) is [var row] ? row : null;

    /// <summary>The alerts of an incident that fire.</summary>
    public List<AlertRow> FiringIn(long incident) => Now(_alerts.OfIncidentAsync(_session, 1, incident, int.MaxValue)).FindAll(a => a.State.Status == AlertStatus.Firing);

    /// <summary>All silences there are: those of the estate and those that people made.</summary>
    public SilenceSet Silences(EstateSnapshot estate)
    {
        // Asked for every second, and seldom another: compiling them each time would be much of what a simulation does.
        var bodies = string.Join('\n', Now(_session.QueryAsync("SELECT body FROM silence WHERE workspace_id = 1 ORDER BY starts_at, id", static row => row.GetString(0))));
        if (_compiled is not { } known || !ReferenceEquals(known.Estate, estate) || known.Bodies != bodies)
        {
            var made = Now(_silences.ListAsync(_session, 1, DateTimeOffset.MinValue));
            known = (estate, bodies, made.Count == 0 ? estate.Silences : SilenceSet.Compile([.. estate.Model.Silences, .. estate.Model.Maintenance, .. made]));
            _compiled = known;
        }

        return known.Silences;
    }

    /// <summary>The covers that count, in the order in which they were made.</summary>
    public IReadOnlyList<CoverRow> Covers() => Now(_entries.ReadAsync(_session, 1, DateTimeOffset.MinValue)).Covers;

    public bool HasLiveJob(string key) => Count("SELECT COUNT(*) FROM job WHERE job_key = @key AND dead = 0", ("key", key)) == 1;

    public long Jobs() => Count("SELECT COUNT(*) FROM job");

    /// <summary>The job that is ready longest without being worked; null when there is none.</summary>
    public (string Key, DateTimeOffset ReadyAt)? Oldest() => Now(_session.FirstAsync<(string, DateTimeOffset)?>(
        "SELECT job_key, ready_at FROM job WHERE dead = 0 ORDER BY ready_at LIMIT 1", static row => (row.GetString(0), row.Instant(1))));

    /// <summary>The jobs that are ready.</summary>
    public List<string> Ready(DateTimeOffset now) => Now(_session.QueryAsync(
        "SELECT job_key FROM job WHERE dead = 0 AND ready_at <= @now", static row => row.GetString(0), ("now", now.ToMicros())));

    /// <summary>How many alerts an incident counts as firing, and how many of these really do.</summary>
    public (long Counted, long Firing) FiringOf(long incident) => (
        Count("SELECT COUNT(*) FROM incident_alert WHERE incident = @incident AND firing = 1", ("incident", incident)),
        Count("SELECT COUNT(*) FROM incident_alert l JOIN alert a ON a.id = l.alert_id WHERE l.incident = @incident AND l.firing = 1 AND a.status = 0", ("incident", incident)));

    public List<AlertRow> Firing() => Now(_alerts.FiringAsync(_session, 1, silenced: false));

    private long Count(string sql, params ReadOnlySpan<(string, object?)> args) => Now(_session.ScalarAsync(sql, args)) ?? 0;

    private List<T> Take<T>(string table, Task<List<T>> rows)
    {
        var taken = Now(rows);
        if (taken.Count > 0)
        {
            Now(_session.ExecuteAsync($"DELETE FROM {table}"));
        }

        return taken;
    }

    private static T Now<T>(Task<T> work) => SimulatedStore.Now(work);
}
