using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Alerts;

namespace Tocsin.Issues;

/// <summary>What one event of an alarm means for its issue.</summary>
public enum IssueAction
{
    /// <summary>The same event was delivered before: nothing at all.</summary>
    None,
    Create,
    Comment,
    Close,

    /// <summary>Instead of <see cref="Create"/> where the route wants it.</summary>
    Reopen,
    SkipStale,
    SkipManualClose,
}

/// <param name="Record">As it is to be kept; the same object if nothing changed.</param>
/// <param name="Reason">One sentence for the log.</param>
public sealed record IssueDecision(IssueRecord Record, IssueAction Action, string Reason);

/// <summary>The life of an alarm's issue. Pure, and total: each record and each event have an answer.</summary>
public static class IssueDecider
{
    /// <param name="record">Null: never heard of in this repository.</param>
    /// <param name="reopens">Whether the next occurrence of an alarm that ended opens its last issue again instead of a new one.</param>
    /// <param name="now">UTC.</param>
    public static IssueDecision Decide(IssueRecord? record, CanonicalEvent e, string repository, bool reopens, DateTimeOffset now)
    {
        var digest = DigestOf(e);
        if (record is null)
        {
            var first = Begin(e, repository, digest, now);
            return e.State == CanonicalState.Firing
                ? new(first, IssueAction.Create, "it fires for the first time")
                : new(first with { Status = IssueStatus.Closed }, IssueAction.SkipStale, "it ended without having fired here");
        }

        if (record.Seen.Contains(digest, StringComparer.Ordinal))
        {
            return new(record, IssueAction.None, "the same event was delivered before");
        }

        var isOlder = e.OccurredAt < record.LastProviderStateAt;
        if (record.ManuallyClosed)
        {
            return isOlder ? new(record, IssueAction.SkipManualClose, "somebody closed the issue, and the event is older than what is known")
                : e.State == CanonicalState.Firing ? new(Move(record, e, digest, now), IssueAction.SkipManualClose, "somebody closed the issue: it is left alone until the alarm ends")
                : new(Move(record, e, digest, now) with { Status = IssueStatus.Closed, ManuallyClosedAt = null }, IssueAction.SkipManualClose, "the alarm that somebody closed the issue of has ended: the next time it gets a new one");
        }

        if (isOlder)
        {
            return new(record, IssueAction.SkipStale, "the event is older than what is known");
        }

        var moved = Move(record, e, digest, now);
        return (record.Status, e.State) switch
        {
            (IssueStatus.Open, CanonicalState.Firing) => new(moved, IssueAction.Comment, "it still fires"),
            (IssueStatus.Open, _) => new(moved with { Status = IssueStatus.Closed }, IssueAction.Close, "it ended"),
            (_, CanonicalState.Firing) when reopens && record.Issue > 0 => new(moved with { Status = IssueStatus.Open }, IssueAction.Reopen, "it fires again, and its route opens the last issue again"),
            (_, CanonicalState.Firing) => new(moved with { Status = IssueStatus.Open }, IssueAction.Create, "it fires again"),
            _ => new(moved, IssueAction.SkipStale, "it ended already"),
        };
    }

    /// <summary>Sixteen hexadecimal digits that two deliveries of one event share.</summary>
    public static string DigestOf(CanonicalEvent e)
    {
        var text = new StringBuilder();
        ReadOnlySpan<string?> parts =
        [
            e.Source, e.State.ToString(), e.Title, e.Description, e.Summary, e.Reason, e.Priority.ToString(CultureInfo.InvariantCulture),
            e.OccurredAt.UtcTicks.ToString(CultureInfo.InvariantCulture), string.Join(',', e.Teams), e.AccountId, e.Region, e.AlarmId,
            e.RunbookUrl, e.DashboardUrl, e.SourceUrl, e.SilenceUrl,
        ];
        foreach (var part in parts)
        {
            // The length before each, so that no two lists of parts run together.
            text.Append(part?.Length ?? -1).Append(':').Append(part);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    private static IssueRecord Begin(CanonicalEvent e, string repository, string digest, DateTimeOffset now) => new()
    {
        Fingerprint = e.Fingerprint,
        Repository = repository,
        Status = IssueStatus.Open,
        Source = e.Source,
        Title = e.Title,
        Teams = e.Teams,
        Priority = e.Priority,
        AccountId = e.AccountId,
        Region = e.Region,
        AlarmId = e.AlarmId,
        LastProviderStateAt = e.OccurredAt,
        FirstSeenAt = now,
        LastSeenAt = now,
        Seen = [digest],
    };

    /// <summary>The newest word of the sender also says who is concerned, and how urgent it is.</summary>
    private static IssueRecord Move(IssueRecord record, CanonicalEvent e, string digest, DateTimeOffset now) => record with
    {
        Title = e.Title,
        Teams = e.Teams,
        Priority = e.Priority,
        LastProviderStateAt = e.OccurredAt,
        LastSeenAt = now,
        Seen = [.. record.Seen.Append(digest).TakeLast(IssueRecord.Remembered)],
    };
}
