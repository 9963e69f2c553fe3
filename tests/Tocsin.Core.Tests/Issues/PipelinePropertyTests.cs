using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Tocsin.Alerts;
using Tocsin.Issues;

namespace Tocsin.Tests.Issues;

/// <summary>What holds for every alarm and every history of one. The seeds are fixed: a run that fails once fails always.</summary>
public sealed class PipelinePropertyTests
{
    private const string Repository = "acme/alerts";

    private static readonly DateTimeOffset _now = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Any text: halves of pairs, letters whose small form is longer, blanks of all kinds, and the signs that join the parts.</summary>
    private static readonly Gen<string> _texts = Gen.Frequency(
        (3, Gen.Elements("", "Queue lag", "İΣ ΟΔΟΣ", "a|b=c", "\uFEFFx\u0085", "ß\u2028", "\uD83D", "é")),
        (2, Gen.Choose(0, 0xFFFF).Select(c => (char)c).ArrayOf().Select(chars => new string(chars))));

    [Fact]
    public void A_fingerprint_is_the_hash_of_its_parts_sorted_by_name_whatever_they_are() => Prop.ForAll(Alarms().ToArbitrary(), alarm =>
    {
        var (source, title, account, region, id) = alarm;
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["source"] = source, ["title"] = PipelineFingerprint.Input("", title, null, null, null)["source=|title=".Length..] };
        foreach (var (name, value) in new[] { ("account_id", account), ("region", region), ("alarm_id", id) })
        {
            if (value.Length > 0)
            {
                parts[name] = value;
            }
        }

        var text = string.Join('|', parts.Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(text, PipelineFingerprint.Input(source, title, account, region, id));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), PipelineFingerprint.Of(source, title, account, region, id));
    }).Check(Cases(500));

    [Fact]
    public void Blanks_around_a_title_and_its_case_do_not_matter_and_doing_it_twice_is_doing_it_once() => Prop.ForAll(Alarms().ToArbitrary(), alarm =>
    {
        var (source, title, account, region, id) = alarm;
        var fingerprint = PipelineFingerprint.Of(source, title, account, region, id);

        Assert.Equal(fingerprint, PipelineFingerprint.Of(source, $" \u00A0\uFEFF\t{title}\u2029\n ", account, region, id));
        var plain = PipelineFingerprint.Input(source, title, null, null, null)[$"source={source}|title=".Length..];
        Assert.Equal(plain, PipelineFingerprint.Input(source, plain, null, null, null)[$"source={source}|title=".Length..]);
    }).Check(Cases(500));

    [Fact]
    public void In_every_history_each_event_has_the_answer_of_the_table() => Prop.ForAll(Moments().NonEmptyListOf().ToArbitrary(), history =>
    {
        IssueRecord? record = null;
        foreach (var moment in history)
        {
            if (moment.ByHand && record is not null)
            {
                record = moment.Reopens ? record.ReopenedByHand() : record.ClosedByHand(_now);
                continue;
            }

            var e = (moment.Fires ? Events.Firing(moment.Minute) : Events.Resolved(moment.Minute)) with { Priority = moment.Priority };
            var decision = IssueDecider.Decide(record, e, Repository, moment.Reopens, _now);

            Assert.Equal(Expected(record, e, moment.Reopens), decision.Action);
            Assert.NotEmpty(decision.Reason);
            Assert.True(record is null || decision.Record.LastProviderStateAt >= record.LastProviderStateAt);
            Assert.True(decision.Record.Seen.Count <= IssueRecord.Remembered);

            // Delivered again, it changes nothing any more.
            var again = IssueDecider.Decide(decision.Record, e, Repository, moment.Reopens, _now);
            Assert.True(again.Action is IssueAction.None or IssueAction.SkipStale or IssueAction.SkipManualClose);
            Assert.Same(decision.Record, again.Record);

            // What it led to is known under a number from then on.
            record = decision.Action is IssueAction.Create or IssueAction.Reopen ? decision.Record with { Issue = decision.Record.Issue + 1 } : decision.Record;
        }
    }).Check(Cases(2000));

    /// <summary>The table, read from top to bottom.</summary>
    private static IssueAction Expected(IssueRecord? record, CanonicalEvent e, bool reopens)
    {
        var fires = e.State == CanonicalState.Firing;
        return record switch
        {
            null => fires ? IssueAction.Create : IssueAction.SkipStale,
            _ when record.Seen.Contains(IssueDecider.DigestOf(e)) => IssueAction.None,
            { ManuallyClosed: true } => IssueAction.SkipManualClose,
            _ when e.OccurredAt < record.LastProviderStateAt => IssueAction.SkipStale,
            { Status: IssueStatus.Closed } => !fires ? IssueAction.SkipStale : reopens && record.Issue > 0 ? IssueAction.Reopen : IssueAction.Create,
            _ => fires ? IssueAction.Comment : IssueAction.Close,
        };
    }

    private static Gen<(string Source, string Title, string Account, string Region, string Id)> Alarms() =>
        from source in _texts
        from title in _texts
        from account in _texts
        from region in _texts
        from id in _texts
        select (source, title, account, region, id);

    /// <summary>An event, or what somebody does by hand.</summary>
    private static Gen<Moment> Moments() =>
        from fires in Gen.Elements(true, false)
        from minute in Gen.Choose(-3, 6)
        from priority in Gen.Choose(0, 3)
        from reopens in Gen.Elements(true, false)
        from hand in Gen.Choose(0, 5)
        select new Moment(fires, minute, priority, reopens, hand == 0);

    private static Config Cases(int count) => Config.QuickThrowOnFailure
        .WithMaxTest(count)
        .WithReplay(FSharpOption<Replay>.Some(new(new Rnd(20260329, 4711), FSharpOption<int>.None)));

    private sealed record Moment(bool Fires, int Minute, int Priority, bool Reopens, bool ByHand);
}
