using Tocsin.Pages;
using Tocsin.Sdk;

namespace Tocsin.Browser.Tests;

/// <summary>Reports as the services would give them: a year of a busy team, with names that are as long as they get.</summary>
internal static class ReportSamples
{
    private static readonly ReportScope s_scope = new()
    {
        From = Samples.Now.AddDays(-364),
        To = Samples.Now,
        TimeZone = "Europe/Berlin",
        KeptSince = Samples.Now.AddDays(-90),
    };

    private static readonly ResponseFiguresView s_figures = new()
    {
        Incidents = 1_204,
        HighUrgency = 803,
        LowUrgency = 401,
        Triggered = 2,
        Acknowledged = 3,
        Resolved = 1_199,
        TimeToAcknowledge = new(760, 171, 402.5, 1_260),
        TimeToResolve = new(745, 2_820, 7_200, 190_000),
        EndedAlone = 451,
        TimeToEndAlone = new(451, 190, 240, 590),
        Reopened = 31,
        Waiting = 2,
        LongestWaitSeconds = 4_000,
    };

    public static ReportsModel New { get; } = new() { IsNew = true, Form = new("28d"), Scope = s_scope with { KeptSince = null } };

    public static ReportsModel Fault { get; } = new() { Form = new("", "yesterday"), Fault = "Write a day as 2026-11-21." };

    public static ReportsModel Response { get; } = new()
    {
        Form = new("365d"),
        Teams = ["payments", "platform"],
        Services = ["checkout"],
        Scope = s_scope,
        Response = new(
            s_scope, s_figures, [new("payments", s_figures), new(null, new() { Incidents = 1 })],
            [new("checkout", s_figures), new("a-service-whose-name-somebody-made-from-a-whole-path-of-folders", s_figures)], "week",
            [.. Enumerable.Range(0, 53).Select(i => new ResponseBucketView(new DateOnly(2025, 11, 17).AddDays(7 * i), (i * 7) % 31, (i * 5) % 13, i % 4 == 0 ? null : 100 + i))]),
    };

    public static ReportsModel People { get; } = new()
    {
        View = "people",
        Form = new("", "2025-11-20", "2026-11-20", "payments"),
        Teams = ["payments"],
        Scope = s_scope with { Team = "payments" },
        People = new(s_scope,
        [
            new()
            {
                User = "ana", TimeZone = "Europe/Berlin", Pages = 412, HighUrgency = 300, Messages = 703, AtNight = 61, OnWeekend = 80, Woken = 44, BrokenNights = 31,
                WorstNight = new(2026, 2, 11), WorstNightMessages = 19, Answered = 330, Settled = 60, Missed = 21, Waiting = 1, TimeToAnswer = new(330, 95, 180, 600),
            },
            new() { User = "bartholomew-featherstonehaugh", TimeZone = "America/Argentina/Buenos_Aires", TimeZoneAssumed = true, Pages = 1, Messages = 1, Waiting = 1 },
        ]),
    };

    public static ReportsModel Fairness { get; } = new()
    {
        View = "fairness",
        Form = new("28d"),
        Scope = s_scope,
        Fairness = new(s_scope, 74.2, 75, 73.1, null,
        [
            new()
            {
                User = "ana", TimeZone = "Europe/Berlin", Real = new(504, 190, 144), Planned = new(480, 180, 120), Expected = new(448, 168.75, 128), Nights = 21, Weekends = 4,
                Pages = 45, Woken = 3,
            },
            new() { User = "bo", TimeZone = "UTC", TimeZoneAssumed = true, Real = new(0, 0, 0), Planned = new(0, 0, 0), Expected = new(448, 168.75, 128) },
            new() { User = "eve", TimeZone = "UTC", Real = new(24, 9, 24), Planned = new(0, 0, 0), Expected = new(0, 0, 0), Nights = 1, Weekends = 1 },
        ],
        [new("payments-primary", "payments", 12.5, 28, true), new("night-watch", null, 0, 366, false)], Samples.Now.AddDays(-90)),
    };

    public static ReportsModel FairnessNone { get; } = new() { View = "fairness", Form = new("28d"), Scope = s_scope, Fairness = new(s_scope, null, null, null, null, [], [], Samples.Now.AddDays(-365)) };

    public static ReportsModel Noise { get; } = new()
    {
        View = "noise",
        Form = new("28d"),
        Scope = s_scope,
        Noise = new(s_scope, 240,
        [
            new()
            {
                Name = "DiskFilling", Service = "orders-db", Source = "prometheus", Severity = "warning", Incidents = 41, Pages = 60, PagesAtNight = 9, Ended = 40, EndedSoonAlone = 37,
                NeverAnswered = 38, Flaps = 17,
                Advice =
                [
                    new("raise_wait", "Ends by itself, before anybody answers, in 92 % of 40 incidents, 9 of 10 of those within 4 min. Let it last longer before it tells anybody: raise its for: duration by 4 min, or the group_wait of its route to 4m."),
                    new("silence", "Nobody answered any of the 12 incidents that paged and are over. Route it to policy none, or silence it; if it matters, find out why nobody answers."),
                ],
            },
            new() { Name = "java.lang.IllegalStateException at com.acme.payments.checkout.CardTokeniser$RetryingTokeniser.tokeniseOrFallBack(CardTokeniser.java:214)", Source = "anything", Severity = "critical", Incidents = 3, Ended = 2, EndedSoonAlone = 1 },
        ]),
    };
}
