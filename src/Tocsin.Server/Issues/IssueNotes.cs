using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Operations;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Issues;

/// <summary>What happened to issues, told where people look: the incident's timeline, and an alert of Tocsin's own when one was given up.</summary>
internal sealed class IssueNotes(IssueStore issues, IncidentStore incidents, AlertIntake intake, JobStore jobs, EventLog log, IOptions<GitHubOptions> options, IOptions<AccountOptions> accounts)
{
    private readonly HashSet<string> _named = [.. options.Value.Workspaces.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Whether a workspace may have the installation's account act for it.</summary>
    public bool MayUse(EstateSnapshot estate) => _named.Count > 0
        ? _named.Contains(estate.Model.Workspace)
        : accounts.Value.Registration != Registration.Open || estate.Model.Workspace == WorkspaceStore.Default;

    public async Task DoneAsync(Tx tx, long workspace, IssueRow row, IssueStep step, DateTimeOffset now)
    {
        if (step is IssueStep.Create)
        {
            await LogAsync(tx, workspace, row, "issue.created", $"issue {NameOf(row)} was opened", now);
            await jobs.EnqueueAsync(tx, [IssueLooker.First(workspace, row.Repository, now + options.Value.LookEvery)], now);
        }
        else if (step is IssueStep.Close)
        {
            await LogAsync(tx, workspace, row, "issue.closed", $"issue {NameOf(row)} was closed: the alarm ended", now);
        }
        else if (step is IssueStep.Reopen)
        {
            await LogAsync(tx, workspace, row, "issue.reopened", $"issue {NameOf(row)} was opened again: the alarm fires again", now);
            await jobs.EnqueueAsync(tx, [IssueLooker.First(workspace, row.Repository, now + options.Value.LookEvery)], now);
        }
    }

    /// <summary>Stores what somebody did to an issue by hand, if it is news. The caller holds the workspace's lock and has just read the row.</summary>
    /// <param name="seen">The issue as it is; without <see cref="HostedIssue.ChangedAt"/> it was looked at just now.</param>
    /// <returns>Whether it was news.</returns>
    public async Task<bool> ByHandAsync(Tx tx, long workspace, IssueRow row, HostedIssue seen, DateTimeOffset now)
    {
        var issue = row.Issue;
        if (seen.IsOpen == issue.IsOpen || seen.ChangedAt < issue.HostChangedAt)
        {
            return false;
        }

        var by = Notify.PlainText.OneLine(seen.ClosedBy ?? "somebody", 100);
        var asWanted = seen.IsOpen == issue.WantsOpen;
        var next = asWanted ? issue with { IsOpen = seen.IsOpen, Update = seen.IsOpen ? issue.Update : null, Updates = seen.IsOpen ? issue.Updates : 0 } : seen.IsOpen ? issue.ReopenedByHand(by, now) : issue.ClosedByHand(by, now);
        await issues.SaveAsync(tx, workspace, [row with { Issue = next, UpdatedAt = now }]);
        if (asWanted)
        {
            return false;
        }

        if (await issues.RecordAsync(tx, workspace, row.RecordId) is { } record && record.Record.Issue == row.Id)
        {
            await issues.SaveAsync(tx, workspace, [record with { Record = seen.IsOpen ? record.Record.ReopenedByHand() : record.Record.ClosedByHand(now) }]);
        }

        await LogAsync(
            tx, workspace, row, seen.IsOpen ? "issue.reopened_by_hand" : "issue.closed_by_hand",
            seen.IsOpen ? $"issue {NameOf(row)} was opened again by {by}" : $"issue {NameOf(row)} was closed by {by}: it is left alone until the alarm ends", now);
        return true;
    }

    /// <summary>An issue that cannot be what it is to be makes an alert, which takes the way of all alerts; one for a repository.</summary>
    public async Task GivenUpAsync(Tx tx, EstateSnapshot estate, IssueRow row, IssueStep step, DateTimeOffset now)
    {
        var what = step switch
        {
            IssueStep.Create => "opened",
            IssueStep.Comment => "commented on",
            IssueStep.Label => "labelled",
            IssueStep.Close => "closed",
            _ => "opened again",
        };
        var reason = row.Issue.Error ?? "";
        await LogAsync(tx, estate.Workspace, row, "issue.failed", $"issue {NameOf(row)} could not be {what}: {reason}", now);
        var signal = new Signal
        {
            DedupKey = SignalLimits.DedupKey($"issues/{row.Repository}"),
            Status = SignalStatus.Firing,
            Title = $"Tocsin cannot keep the issues in {row.Repository}",
            Description = $"Issue {row.Id} ({NameOf(row)}) could not be {what}: {reason} It is kept: mend the cause, and try it again with `tocsin issues retry {row.Id}` or on the page of the incident.",
            Severity = Severity.High,
            Labels = LabelSet.Of(("alertname", "TocsinIssueFailed"), ("repository", row.Repository), ("service", "tocsin")),
            Service = "tocsin",
            ExpiresAt = now + TimeSpan.FromHours(1),
        };
        await intake.StoreAsync(tx, estate, [new(SelfAlarm.Source, [signal], now)], now);
    }

    /// <summary>For people: <c>acme/alerts#12</c>, or the repository of one that has no number.</summary>
    public static string NameOf(IssueRow row) => row.Issue.Number is { } number ? $"{row.Repository}#{number}" : $"in {row.Repository}";

    private async Task LogAsync(Tx tx, long workspace, IssueRow row, string kind, string reason, DateTimeOffset now)
    {
        var subject = await incidents.OfAlertAsync(tx, workspace, row.Alert) is [var incident, ..] ? $"incident/{incident}" : $"issue/{row.Id}";
        await log.AppendAsync(tx, workspace, now, [new(kind, subject, "system", reason, $$"""{"issue":{{row.Id}}}""")]);
    }
}
