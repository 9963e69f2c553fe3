using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Jobs;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Issues;

/// <summary>One canonical event as it was heard, and the alert that it belongs to.</summary>
internal readonly record struct HeardEvent(CanonicalEvent Event, AlertRow Alert, EventOrigin Origin);

/// <summary>
/// The shell around <see cref="IssueDecider"/>: what an event means for its issue is stored with the event, in the transaction of its intake;
/// a job then brings the issue to what it is to be. Silences mute pages, not issues: nobody is woken by one.
/// </summary>
internal sealed class IssueFlow(IssueStore issues, JobStore jobs, EventLog log, PipelineMeter meter, ILogger<IssueFlow> logger)
{
    public const string JobKind = "issue.sync";

    /// <summary>All requests to the host share its limits, so they share a lane.</summary>
    public static long Lane { get; } = StableHash.Of("issues", "github");

    /// <summary>Decides about events in the order in which they were heard. The caller holds the workspace's lock.</summary>
    public async Task TakeAsync(Tx tx, EstateSnapshot estate, IReadOnlyList<HeardEvent> heard, DateTimeOffset now)
    {
        if (heard.Count == 0)
        {
            return;
        }

        var known = await issues.RecordsAsync(tx, estate.Workspace, [.. heard.Select(h => h.Event.Fingerprint).Distinct(StringComparer.Ordinal)]);
        if (known.Count == 0 && !estate.Router.MakesIssues)
        {
            return;
        }

        var current = await issues.FindManyAsync(tx, estate.Workspace, [.. known.Where(k => k.Record.Issue > 0).Select(k => k.Record.Issue)]);
        var work = new IssueWork(known, current, now);
        List<(HeardEvent Heard, IssueDecision Decision)> decided = [];
        foreach (var one in heard)
        {
            var (e, alert, _) = one;
            var routed = estate.Router.Decide(AlertIntake.SubjectOf(alert)).Destinations.Where(d => d.Issues is not null).DistinctBy(d => d.Issues, StringComparer.OrdinalIgnoreCase).ToList();
            foreach (var destination in routed)
            {
                decided.Add((one, work.Decide(one, destination.Issues!, destination.ReopenIssues)));
            }

            if (e.State == CanonicalState.Resolved)
            {
                // Routes may have changed since it began: what was opened elsewhere ends there.
                foreach (var elsewhere in work.OpenElsewhere(e.Fingerprint, routed))
                {
                    decided.Add((one, work.Decide(one, elsewhere, reopens: false)));
                }
            }
        }

        await SaveAsync(tx, estate.Workspace, work, now);
        await log.AppendAsync(tx, estate.Workspace, now, [.. decided.Where(d => d.Decision.Action != IssueAction.None).Select(d => LineOf(d.Heard, d.Decision))]);
        tx.WhenDone(committed =>
        {
            if (committed)
            {
                decided.ForEach(d => Tell(d.Heard, d.Decision));
            }
        });
    }

    /// <summary>The word of the alert pipeline for it.</summary>
    public static string WordOf(IssueAction action) => action switch
    {
        IssueAction.SkipStale => "SKIP_STALE",
        IssueAction.SkipManualClose => "SKIP_MANUAL_CLOSE",
        _ => action.ToString().ToUpperInvariant(),
    };

    private static LogLine LineOf(HeardEvent heard, IssueDecision decision) => new(
        "issue.decided", $"alert/{heard.Alert.Id}", $"source:{heard.Alert.Document.Source}", $"{WordOf(decision.Action)} in {decision.Record.Repository}: {decision.Reason}",
        heard.Origin.Correlation is { } correlation ? new JsonObject { ["correlation"] = correlation }.ToJsonString() : null);

    private void Tell(HeardEvent heard, IssueDecision decision)
    {
        var e = heard.Event;
        var action = WordOf(decision.Action);
        meter.Decided(e, action.ToLowerInvariant());
        logger.EventDecided(
            e.Fingerprint, action, decision.Record.Repository, decision.Reason, [.. e.Teams], $"P{e.Priority}", e.Source, heard.Origin.MessageId, heard.Origin.Correlation);
    }

    /// <summary>Stores issues, and has done what is pending for them now.</summary>
    public async Task SaveAsync(Tx tx, long workspace, IReadOnlyList<IssueRow> changed, DateTimeOffset now)
    {
        await issues.SaveAsync(tx, workspace, changed);
        foreach (var record in changed.Where(issue => issue.Issue.IsPending).Select(issue => issue.RecordId).Distinct())
        {
            await jobs.EnqueueAsync(tx, [new(workspace, JobKind, IssueRow.KeyOf(record), Lane, now, $"{record}")], now);
        }
    }

    private async Task SaveAsync(Tx tx, long workspace, IssueWork work, DateTimeOffset now)
    {
        var (records, changed) = (work.FreshRecords, work.FreshIssues);
        if (records.Count > 0)
        {
            work.IdentifyRecords(await tx.ReserveIdsAsync("issue_record", records.Count));
        }

        if (changed.Count > 0)
        {
            work.IdentifyIssues(await tx.ReserveIdsAsync("issue", changed.Count));
        }

        await issues.SaveAsync(tx, workspace, work.Records);
        await SaveAsync(tx, workspace, work.Issues, now);
        foreach (var record in work.Hurried)
        {
            // A comment may wait for its time; what comes after it does not.
            await jobs.HurryAsync(tx, workspace, IssueRow.KeyOf(record), now);
        }
    }
}

/// <summary>What one transaction's events came to, before it is written.</summary>
internal sealed class IssueWork
{
    private readonly Dictionary<(string Fingerprint, string Repository), Entry> _entries = [];
    private readonly DateTimeOffset _now;

    public IssueWork(List<RecordRow> known, List<IssueRow> current, DateTimeOffset now)
    {
        _now = now;
        foreach (var row in known)
        {
            _entries[Key(row.Record.Fingerprint, row.Record.Repository)] = new()
            {
                Id = row.Id,
                Record = row.Record,
                Issues = [.. current.Where(issue => issue.Id == row.Record.Issue).Select(issue => new Change(issue))],
            };
        }
    }

    public IReadOnlyList<Entry> FreshRecords => [.. _entries.Values.Where(entry => entry is { Id: 0, Record: not null })];

    public IReadOnlyList<Change> FreshIssues => [.. _entries.Values.SelectMany(entry => entry.Issues).Where(change => change.Row.Id == 0)];

    public IReadOnlyList<RecordRow> Records => [.. _entries.Values.Where(entry => entry.IsChanged).Select(entry => new RecordRow(entry.Id, entry.Record!))];

    public IReadOnlyList<IssueRow> Issues => [.. _entries.Values.SelectMany(entry => entry.Issues).Where(change => change.IsChanged).Select(change => change.Row)];

    /// <summary>Records with an issue that was to be opened, closed or opened again.</summary>
    public IEnumerable<long> Hurried => _entries.Values.Where(entry => entry.Hurries).Select(entry => entry.Id);

    public IssueDecision Decide(HeardEvent heard, string repository, bool reopens)
    {
        var (e, alert, origin) = (heard.Event, heard.Alert.Id, heard.Origin);
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, Key(e.Fingerprint, repository), out _);
        var entry = slot ??= new();
        var decision = IssueDecider.Decide(entry.Record, e, entry.Record?.Repository ?? repository, reopens, _now);
        if (ReferenceEquals(decision.Record, entry.Record))
        {
            return decision;
        }

        (entry.Record, entry.IsChanged) = (decision.Record, true);
        var labels = IssueText.Labels(e);
        var last = entry.Issues.LastOrDefault();
        switch (decision.Action)
        {
            case IssueAction.Create:
            case IssueAction.Comment or IssueAction.Reopen when last is null:
                entry.Issues.Add(new(new(0, entry.Id, alert, entry.Record.Repository, _now, _now, TrackedIssue.Open(e, labels, origin))) { IsChanged = true });
                entry.Hurries = true;
                break;
            case IssueAction.Comment:
                last!.Set(last.Row.Issue.Tell(e, labels, origin), _now);
                break;
            case IssueAction.Close:
                last?.Set(last.Row.Issue.Close(origin), _now);
                entry.Hurries = true;
                break;
            case IssueAction.Reopen:
                last!.Set(last.Row.Issue.Reopen(e, labels, origin), _now);
                entry.Hurries = true;
                break;
        }

        return decision;
    }

    public IEnumerable<string> OpenElsewhere(string fingerprint, List<Destination> routed) =>
        [.. _entries.Where(known => known.Key.Fingerprint == fingerprint && known.Value.Record is { Status: IssueStatus.Open } record
            && !routed.Exists(d => string.Equals(d.Issues, record.Repository, StringComparison.OrdinalIgnoreCase))).Select(known => known.Value.Record!.Repository)];

    public void IdentifyRecords(long[] ids)
    {
        var next = 0;
        foreach (var entry in FreshRecords)
        {
            entry.Id = ids[next++];
        }
    }

    /// <summary>Also tells each record which issue its next events go to.</summary>
    public void IdentifyIssues(long[] ids)
    {
        var next = 0;
        foreach (var entry in _entries.Values)
        {
            foreach (var change in entry.Issues.Where(change => change.Row.Id == 0).ToList())
            {
                change.Identify(ids[next++], entry.Id);
            }

            if (entry is { IsChanged: true, Record: { } record, Issues: [.., var last] })
            {
                entry.Record = record with { Issue = last.Row.Id };
            }
        }
    }

    private static (string Fingerprint, string Repository) Key(string fingerprint, string repository) => (fingerprint, repository.ToLowerInvariant());

    internal sealed class Entry
    {
        public long Id { get; set; }

        public IssueRecord? Record { get; set; }

        public bool IsChanged { get; set; }

        public bool Hurries { get; set; }

        public List<Change> Issues { get; init; } = [];
    }

    internal sealed class Change(IssueRow row)
    {
        public IssueRow Row { get; private set; } = row;

        public bool IsChanged { get; set; }

        public void Set(TrackedIssue issue, DateTimeOffset now) => (Row, IsChanged) = (Row with { Issue = issue, UpdatedAt = now }, true);

        public void Identify(long id, long recordId) => Row = Row with { Id = id, RecordId = recordId };
    }
}
