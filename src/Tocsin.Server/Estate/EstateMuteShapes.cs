using Tocsin.Routing;
using static Tocsin.Estate.EstateTable;

namespace Tocsin.Estate;

/// <summary>The keys of maintenance windows, inhibition rules and route tests; a part of <see cref="EstateTable"/>.</summary>
internal static class EstateMuteShapes
{
    public static readonly MapShape Maintenance = new("maintenance", "a maintenance window", () =>
    [
        new("name", Name, "Unique among maintenance windows.", Required: true),
        new("services", new ListShape(Ref("service"), "services", AtLeast: 1), "Alerts of these services are muted; with \"match\" both must hold."),
        new("match", new ListShape(MatcherShape, "matchers", AtLeast: 1), "All must hold for an alert to be muted. Give \"services\", \"match\" or both."),
        new("time_zone", EstateTable.TimeZone, "The IANA zone of all its local times.", Required: true),
        new("days", new ListShape(Words("a weekday: mon, tue, wed, thu, fri, sat or sun", Weekdays), "weekdays", AtLeast: 1), "The days on which it begins, each week. Default: every day."),
        new("from", TimeOfDay, "When it begins on each of those days; needs \"to\". Without it the window is there once, from \"start\" to \"end\"."),
        new("to", TimeOfDay, "When it is over; at or before \"from\" it is the next day's."),
        new("start", LocalTime, "Not before this. Default for a recurring window: at once."),
        new("end", LocalTime, "Not after this. Default for a recurring window: never."),
        new("owner", Ref("user"), "Whom to ask about it."),
        new("comment", Text, "Why.", Required: true),
    ]);

    public static readonly MapShape Inhibition = new("inhibition", "an inhibition rule", () =>
    [
        new("name", Name, "Unique among inhibition rules; every explanation names it.", Required: true),
        new("source", new ListShape(MatcherShape, "matchers", AtLeast: 1), "While an alert fires for which all of these hold, it mutes the targets.", Required: true) { Alias = "source_matchers" },
        new("target", new ListShape(MatcherShape, "matchers", AtLeast: 1), "The alerts that are muted: all of these hold.", Required: true) { Alias = "target_matchers" },
        new("equal", new ListShape(LabelName, "label names"), "Only where source and target have the same values of these labels; a label that both lack is equal. Default: none, any source mutes all targets."),
    ]);

    private static readonly MapShape ExpectedStep = new("expected_step", "an expected step", () =>
    [
        new("step", Whole(1, 100), "The step's number, from 1.", Required: true),
        new("reaches", ShortText, "A user whom it reaches, or channel:NAME.", Required: true),
    ]);

    private static readonly MapShape Expect = new("expect", "an expectation", () =>
    [
        new("policy", Ref("policy") with { OrWord = Route.NoPolicy }, "The policy that the alert ends with."),
        new("first_page", Ref("user"), "The user whom step 1 reaches first."),
        new("by", Name, "The contact method, by its name or its type, that the first page comes by."),
        new("within", Duration(TimeSpan.Zero, TimeSpan.FromDays(1)), "How soon after the alert the first page is due, at most."),
        new("nobody", Flag, "true: nobody is paged, because it is muted, routed to nobody, or nobody can be reached."),
        new("muted_by", Name, "The declared silence, maintenance window or inhibition rule that mutes it."),
        new("steps", new ListShape(ExpectedStep, "expected steps", AtLeast: 1), "Whom steps reach, if they come to it in the first round."),
    ]);

    public static readonly MapShape Test = new("route_test", "a route test", () =>
    [
        new("labels", new TextsShape("labels with their values"), "The labels of an alert.", Required: true),
        new("at", TestInstant, "The instant to ask for. Default: the time of the check."),
        new("while", new ListShape(new TextsShape("labels with their values"), "alerts"), "Other alerts that fire then, by their labels; inhibition rules may let them mute this one."),
        new("expect", Expect, "What must come of it.", Required: true),
    ]);
}
