using Tocsin.Notify;
using Tocsin.Reports;
using static Tocsin.Tests.Reports.Story;

namespace Tocsin.Tests.Reports;

/// <summary>Nights of two people in two zones, worked out by hand; and random weeks against a slow count.</summary>
public sealed class PeopleReportTests
{
    private static readonly Dictionary<string, PersonalClock> Clocks = new() { ["ana"] = Clock(), ["bo"] = Clock("Europe/Berlin"), ["chen"] = Clock("Australia/Lord_Howe") };

    private static PeopleReport Report(MessageFact[] messages, ActFact[] acts, params IncidentFact[] incidents) => Report(messages, acts, _ => true, incidents);

    private static PeopleReport Report(MessageFact[] messages, ActFact[] acts, Func<IncidentFact, bool> counts, params IncidentFact[] incidents) =>
        PeopleReport.Of(messages, acts, incidents.ToDictionary(i => i.Number), counts, user => Clocks[user], From, To);

    [Fact]
    public void Somebody_is_woken_by_a_message_at_night_after_an_hour_of_quiet_on_their_own_clock()
    {
        // Berlin is an hour ahead: 21:00 UTC is 22:00, and the night ends at 06:00 UTC.
        var bo = Assert.Single(Report(
            [
                Message(1, "bo", "mon 20:59"),
                Message(2, "bo", "mon 21:59"),
                Message(2, "bo", "mon 22:04"),
                Message(3, "bo", "mon 22:54"),
                Message(4, "bo", "mon 23:54"),
                Message(5, "bo", "tue 05:59"),
                Message(6, "bo", "tue 06:00"),
                Message(7, "bo", "wed 06:00"),
            ],
            [],
            [.. Enumerable.Range(1, 7).Select(n => Incident(n, "mon 20:00"))]).People);

        // 21:59 after 60 min, not 22:04 and 22:54; 23:54 after 60 min; 05:59. Two of the night of Monday.
        Assert.Equal((7, 8, 4), (bo.Pages, bo.Messages, bo.AtNight));
        Assert.Equal((3, 1), (bo.Woken, bo.BrokenNights));
        Assert.Equal((new DateOnly(2026, 3, 2), 5), (bo.WorstNight!.Value, bo.WorstNightMessages));
        Assert.Equal(0, bo.OnWeekend);
    }

    [Fact]
    public void The_messages_of_one_ladder_are_one_page_and_may_wake_twice()
    {
        var ana = Assert.Single(Report([Message(1, "ana", "sat 23:00"), Message(1, "ana", "sat 23:05"), Message(1, "ana", "sun 01:00")], [], Incident(1, "sat 23:00")).People);

        Assert.Equal((1, 3, 1, 1, 2, 1), (ana.Pages, ana.Messages, ana.AtNight, ana.OnWeekend, ana.Woken, ana.BrokenNights));
    }

    [Fact]
    public void Whether_somebody_slept_does_not_depend_on_what_is_looked_at()
    {
        var ana = Assert.Single(Report(
            [Message(1, "ana", "tue 02:00"), Message(2, "ana", "tue 02:30")], [], i => i.Number == 2, Incident(1, "tue 02:00"), Incident(2, "tue 02:30")).People);

        Assert.Equal((1, 1, 0), (ana.Pages, ana.AtNight, ana.Woken));
    }

    [Fact]
    public void What_came_before_the_span_is_not_counted_but_kept_people_awake()
    {
        var before = new MessageFact(1, "ana", MessageKind.Page, 1, From.AddMinutes(-30));
        var ana = Assert.Single(Report([before, Message(2, "ana", "mon 00:00")], [], Incident(1, "mon 00:00"), Incident(2, "mon 00:00")).People);

        Assert.Equal((1, 1, 0), (ana.Pages, ana.Messages, ana.Woken));
    }

    [Fact]
    public void Each_call_was_answered_settled_by_others_missed_or_waits()
    {
        var report = Report(
            [
                Message(1, "ana", "mon 10:00"), Message(1, "bo", "mon 10:00"),
                Message(2, "ana", "mon 11:00"), Message(2, "bo", "mon 11:05", epoch: 2),
                Message(3, "ana", "mon 12:00"),
                Message(4, "ana", "mon 13:00"),
                Message(5, "ana", "mon 14:00"), Message(5, "ana", "mon 14:10", epoch: 2),
            ],
            [
                Act(1, "bo", ActKind.Acknowledged, "mon 10:03"),
                Act(2, "bo", ActKind.Acknowledged, "mon 11:07"),
                Act(2, "ana", ActKind.Heard, "mon 11:30"),
                Act(3, null, ActKind.Resolved, "mon 12:02"),
                Act(5, "ana", ActKind.Acknowledged, "mon 14:11"),
            ],
            Incident(1, "mon 10:00"), Incident(2, "mon 11:00"), Incident(3, "mon 12:00"), Incident(4, "mon 13:00"), Incident(5, "mon 14:00"));
        var (ana, bo) = (report.People.Single(p => p.User == "ana"), report.People.Single(p => p.User == "bo"));

        // Ana: 1 settled by Bo, 2 answered after half an hour, 3 settled by its end, 4 waits, 5 missed and then answered.
        Assert.Equal((6, 2, 2, 1, 1), (ana.Pages, ana.Answered, ana.Settled, ana.Missed, ana.Waiting));
        Assert.Equal(new Spread(2, Minutes(15.5), Minutes(15.5), Minutes(30)), ana.TimeToAnswer);
        Assert.Equal((2, 2, Minutes(2.5)), (bo.Pages, bo.Answered, bo.TimeToAnswer!.Median));
    }

    [Fact]
    public void A_call_that_nobody_answered_is_missed_when_the_next_one_was_called_although_it_ended_later()
    {
        var report = Report([Message(1, "ana", "mon 10:00"), Message(1, "bo", "mon 10:05", epoch: 2)], [], Incident(1, "mon 10:00", "mon 10:09", alone: true));

        Assert.Equal([CallOutcome.Missed, CallOutcome.Settled], report.Calls.OrderBy(c => c.At).Select(c => c.Outcome));
    }

    [Fact]
    public void Reminders_and_calls_for_help_are_calls_of_their_own()
    {
        var ana = Assert.Single(Report(
            [Message(1, "ana", "mon 10:00"), Message(1, "ana", "mon 10:01", kind: MessageKind.Asked), Message(1, "ana", "mon 12:00", kind: MessageKind.Reminder)], [], Incident(1, "mon 10:00")).People);

        Assert.Equal(3, ana.Pages);
    }

    [Fact]
    public void Random_weeks_are_counted_as_by_somebody_who_looks_at_each_message_alone()
    {
        var random = new Random(22);
        for (var run = 0; run < 200; run++)
        {
            var incidents = Enumerable.Range(1, 12).Select(n => Incident(n, "mon 00:00")).ToArray();
            var messages = Enumerable.Range(0, random.Next(1, 80)).Select(_ => new MessageFact(
                random.Next(1, 13), ((string[])["ana", "bo", "chen"])[random.Next(3)], MessageKind.Page, random.Next(1, 4), From.AddMinutes(random.Next(-60, 7 * 24 * 60)))).DistinctBy(m => (m.User, m.At)).ToArray();
            var report = Report(messages, [], i => i.Number % 3 > 0, incidents);

            foreach (var user in Clocks.Keys)
            {
                var zone = TimeZoneInfo.FindSystemTimeZoneById(Clocks[user].TimeZone);
                var mine = messages.Where(m => m.User == user && m.At >= From && m.Incident % 3 > 0).ToArray();
                var atNight = mine.Where(m => TimeZoneInfo.ConvertTime(m.At, zone).TimeOfDay is { Hours: >= 22 or < 7 }).ToArray();
                var woken = atNight.Count(m => !messages.Any(o => o.User == user && o != m && o.At <= m.At && o.At > m.At.AddMinutes(-60)));
                var pages = messages.Where(m => m.User == user && m.Incident % 3 > 0).GroupBy(m => (m.Incident, m.Epoch)).Count(g => g.All(m => m.At >= From));
                var person = report.People.SingleOrDefault(p => p.User == user);

                Assert.Equal((mine.Length, woken, pages), (person?.Messages ?? 0, person?.Woken ?? 0, person?.Pages ?? 0));
            }
        }
    }
}
