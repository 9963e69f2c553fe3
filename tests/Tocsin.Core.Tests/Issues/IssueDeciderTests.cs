using Tocsin.Alerts;
using Tocsin.Issues;
using static Tocsin.Issues.IssueAction;
using static Tocsin.Tests.Issues.Events;

namespace Tocsin.Tests.Issues;

public sealed class IssueDeciderTests
{
    private const string Repository = "acme/alerts";

    private static readonly DateTimeOffset _now = Start.AddHours(1);

    public static TheoryData<IssueStatus, bool, double, bool, IssueAction> Table => new()
    {
        { IssueStatus.Open, false, 1, true, Comment },
        { IssueStatus.Open, false, 0, true, Comment },
        { IssueStatus.Open, false, -1, true, SkipStale },
        { IssueStatus.Open, false, 1, false, IssueAction.Close },
        { IssueStatus.Open, false, 0, false, IssueAction.Close },
        { IssueStatus.Open, false, -1, false, SkipStale },
        { IssueStatus.Closed, false, 1, true, Create },
        { IssueStatus.Closed, false, 0, true, Create },
        { IssueStatus.Closed, false, -1, true, SkipStale },
        { IssueStatus.Closed, false, 1, false, SkipStale },
        { IssueStatus.Closed, false, 0, false, SkipStale },
        { IssueStatus.Closed, false, -1, false, SkipStale },
        { IssueStatus.Open, true, 1, true, SkipManualClose },
        { IssueStatus.Open, true, 0, true, SkipManualClose },
        { IssueStatus.Open, true, -1, true, SkipManualClose },
        { IssueStatus.Open, true, 1, false, SkipManualClose },
        { IssueStatus.Open, true, 0, false, SkipManualClose },
        { IssueStatus.Open, true, -1, false, SkipManualClose },
        { IssueStatus.Closed, true, 1, true, SkipManualClose },
        { IssueStatus.Closed, true, -1, false, SkipManualClose },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_known_alarm_is_decided_as_the_table_says(IssueStatus status, bool byHand, double minute, bool fires, IssueAction expected) =>
        Assert.Equal(expected, IssueDecider.Decide(Known(status, byHand), fires ? Firing(minute, "again") : Resolved(minute), Repository, reopens: false, _now).Action);

    [Fact]
    public void An_alarm_heard_of_for_the_first_time_gets_an_issue_only_if_it_fires()
    {
        var fires = IssueDecider.Decide(null, Firing(), Repository, reopens: true, _now);
        var ended = IssueDecider.Decide(null, Resolved(), Repository, reopens: true, _now);

        Assert.Equal((Create, IssueStatus.Open), (fires.Action, fires.Record.Status));
        Assert.Equal((SkipStale, IssueStatus.Closed, Start), (ended.Action, ended.Record.Status, ended.Record.LastProviderStateAt));
        Assert.Equal((Firing().Fingerprint, Repository, _now, _now), (fires.Record.Fingerprint, fires.Record.Repository, fires.Record.FirstSeenAt, fires.Record.LastSeenAt));
    }

    [Fact]
    public void A_beginning_that_comes_after_its_own_end_opens_nothing()
    {
        var record = Decide(null, Resolved(5)).Record;

        Assert.Equal(SkipStale, Decide(record, Firing(3)).Action);
        Assert.Equal(Create, Decide(record, Firing(6)).Action);
    }

    [Fact]
    public void The_same_event_again_is_nothing_also_after_others_of_the_same_time()
    {
        var record = Decide(null, Firing()).Record;
        Assert.Equal(None, Decide(record, Firing()).Action);

        // Grafana's resolution carries the time of the beginning.
        record = Decide(record, Resolved()).Record;
        var again = Decide(record, Firing());

        Assert.Equal((None, IssueStatus.Closed), (again.Action, again.Record.Status));
        Assert.Same(record, again.Record);
    }

    [Fact]
    public void A_closed_alarm_gets_a_new_issue_unless_its_route_opens_the_last_one_again()
    {
        var record = Decide(Decide(null, Firing()).Record with { Issue = 4 }, Resolved(1)).Record;

        Assert.Equal(Create, Decide(record, Firing(2)).Action);
        Assert.Equal(Reopen, IssueDecider.Decide(record, Firing(2), Repository, reopens: true, _now).Action);
        Assert.Equal(Create, IssueDecider.Decide(record with { Issue = 0 }, Firing(2), Repository, reopens: true, _now).Action);
    }

    [Fact]
    public void An_issue_closed_by_hand_is_left_alone_until_the_alarm_ends_and_its_next_occurrence_gets_a_new_one()
    {
        var record = Decide(null, Firing()).Record.ClosedByHand(_now);

        record = Decide(record, Firing(1)).Record;
        Assert.True(record.ManuallyClosed);
        var ended = Decide(record, Resolved(2));
        Assert.Equal((SkipManualClose, false), (ended.Action, ended.Record.ManuallyClosed));
        Assert.Equal(Create, Decide(ended.Record, Firing(3)).Action);
    }

    [Fact]
    public void An_end_that_is_older_than_what_is_known_does_not_end_the_rest_after_a_close_by_hand()
    {
        var record = Decide(Decide(null, Firing()).Record, Firing(5)).Record.ClosedByHand(_now);

        Assert.Same(record, Decide(record, Resolved(3)).Record);
    }

    [Fact]
    public void Opened_again_by_hand_it_is_told_again()
    {
        var record = Decide(null, Firing()).Record.ClosedByHand(_now).ReopenedByHand();

        Assert.Equal(Comment, Decide(record, Firing(1)).Action);
    }

    [Fact]
    public void A_close_by_hand_of_an_alarm_that_is_over_says_nothing()
    {
        var record = Decide(Decide(null, Firing()).Record, Resolved(1)).Record;

        Assert.Same(record, record.ClosedByHand(_now));
    }

    [Fact]
    public void Teams_and_priority_follow_the_alarm()
    {
        var record = Decide(Decide(null, Firing()).Record, Firing(1) with { Priority = 0, Teams = ["web", "db"] }).Record;

        Assert.Equal((0, "web,db"), (record.Priority, string.Join(',', record.Teams)));
    }

    [Fact]
    public void Every_record_and_every_event_have_an_answer_and_what_is_known_never_goes_back()
    {
        var answers = 0;
        foreach (var status in Enum.GetValues<IssueStatus>())
        {
            foreach (var byHand in new[] { false, true })
            {
                foreach (var issue in new[] { 0L, 3L })
                {
                    foreach (var minute in new double[] { -600, -1, 0, 1, 600 })
                    {
                        foreach (var e in new[] { Firing(minute), Resolved(minute), Firing(minute) with { Priority = 3, Reason = "x" } })
                        {
                            foreach (var reopens in new[] { false, true })
                            {
                                var record = Known(status, byHand) with { Issue = issue };
                                var decision = IssueDecider.Decide(record, e, Repository, reopens, _now);

                                Assert.True(decision.Record.LastProviderStateAt >= record.LastProviderStateAt);
                                Assert.True(decision.Record.Seen.Count <= IssueRecord.Remembered);
                                Assert.NotEmpty(decision.Reason);
                                Assert.True(decision.Action is None or SkipStale or SkipManualClose || minute >= 0);
                                Assert.Equal(None, decision.Action is SkipStale or SkipManualClose && minute < 0 ? None : Decide(decision.Record, e).Action);
                                answers++;
                            }
                        }
                    }
                }
            }
        }

        Assert.Equal(240, answers);
    }

    private static IssueDecision Decide(IssueRecord? record, CanonicalEvent e) => IssueDecider.Decide(record, e, Repository, reopens: false, _now);

    private static IssueRecord Known(IssueStatus status, bool byHand)
    {
        var record = Decide(null, Firing(0, "first")).Record;
        return record with { Status = status, ManuallyClosedAt = byHand ? _now : null };
    }
}
