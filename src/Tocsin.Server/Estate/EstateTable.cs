using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using Tocsin.Escalation;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>
/// Every key that an estate may have, once. The compiler's checks, the JSON schema for editors and the reference page are drawn from it.
/// </summary>
internal static partial class EstateTable
{
    public const string ApiVersion = "tocsin/v1";

    public const string DefaultWorkspace = "default";

    /// <summary>The routing tree is one object, whatever its root is called.</summary>
    public const string RouteName = "root";

    /// <summary>Among the days of a window: the days of the lists of holidays.</summary>
    public const string Holiday = "holiday";

    // Before the shapes: static members are initialised in the order of the text.
    internal static readonly string[] Weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    internal static readonly ScalarShape Text = new("a text of at most 4000 characters", t => t.Length <= 4000) { MayBeEmpty = true };

    internal static readonly ScalarShape ShortText = new("a text of 1 to 200 characters on one line", t => t.Length is > 0 and <= 200 && !t.Contains('\n', StringComparison.Ordinal));

    internal static readonly ScalarShape Name = new(
        "a name: 1 to 64 letters, digits and . _ - @ +, beginning with a letter or digit", t => NamePattern().IsMatch(t))
    {
        Pattern = "^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$",
    };

    /// <summary>Services are matched with a label of the alert, so their names are as free as label values are.</summary>
    private static readonly ScalarShape ServiceName = ShortText with { Says = "a name: 1 to 200 characters on one line, as the label service has it" };

    private static readonly ScalarShape Email = new("an e-mail address", t => EmailPattern().IsMatch(t)) { Pattern = @"^[^@\s]+@[^@\s]+$" };

    internal static readonly ScalarShape TimeZone = new("an IANA time zone such as Europe/Berlin", t => NodaTime.DateTimeZoneProviders.Tzdb.GetZoneOrNull(t) is not null)
    {
        Nearest = ScheduleRules.NearestZone,
    };

    internal static readonly ScalarShape Flag = Words("true or false", "true", "false") with { Literal = "boolean" };

    internal static readonly ScalarShape LocalTime = new("a local date and time such as 2026-01-05T09:00", t => TryLocal(t, out _))
    {
        Pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
    };

    private static readonly ScalarShape Instant = new("an instant with its offset such as 2026-11-23T03:00+01:00 or 2026-11-23T02:00Z", t => TryInstant(t, out _))
    {
        Pattern = @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})$",
    };

    internal static readonly ScalarShape TestInstant = new(
        "an instant such as 2026-11-23T03:00+01:00, or a local time with its zone such as 2026-12-25T03:00 Europe/Berlin", t => TryTestInstant(t, out _))
    {
        Pattern = @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2}| [A-Za-z0-9_+/-]+)$",
    };

    internal static readonly ScalarShape TimeOfDay = new("a time of day such as \"22:00\"", t => TryTimeOfDay(t, out _)) { Pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$" };

    private static readonly ScalarShape Period = new("a turn such as 1w, 2d, 12h or 1mo: 1 to 366 hours, days, weeks or months", t => TryPeriod(t, out _)) { Pattern = "^[1-9][0-9]{0,2}(h|d|w|mo)$" };

    private static readonly ScalarShape DutyDay = Words("a weekday, mon to sun, or holiday", [.. Weekdays, Holiday]);

    private static readonly ScalarShape DayOff = new("a date such as 2026-12-25, or 12-25 for each year", t => TryDate(t, out _) || TryYearDay(t, out _))
    {
        Pattern = "^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
    };

    internal static readonly ScalarShape LabelName = ShortText with { Says = "the name of a label" };

    internal static readonly ScalarShape MatcherShape = new("a matcher such as service=\"checkout\" or severity=~\"critical|high\"", t => t.Length is > 0 and <= 2000);

    private static readonly ScalarShape TargetShape = new("a target: user:NAME, schedule:NAME, team:NAME or channel:NAME", t => Target.TryParse(t, out _))
    {
        IsTarget = true,
        Pattern = "^(user|schedule|team|channel):.+$",
    };

    private static readonly ScalarShape SourceKey = new("16 to 200 letters, digits and . _ ~ -", t => KeyPattern().IsMatch(t)) { Pattern = "^[A-Za-z0-9._~-]{16,200}$" };

    private static readonly ScalarShape Repository = new("a repository as owner/name, or none", t => t == Route.NoIssues || RepositoryPattern().IsMatch(t))
    {
        Pattern = "^(none|[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100})$",
    };

    private static readonly ScalarShape ProviderId = ShortText with { Says = "the id of a provider" };

    private static readonly ScalarShape CalendarAddress = new("the address of a calendar such as https://cal.example.com/feed.ics", t => Outgoing.OutgoingUrl.Fault(t) is null) { Pattern = "^[Hh][Tt][Tt][Pp][Ss]?://.+$" };

    public static readonly MapShape Contact = new("contact", "a contact method", () =>
    [
        new("name", Name, "Unique per user; notify rules name it in \"via\".", Required: true),
        new("type", ProviderId, "The provider that delivers; the further keys are its settings.", Required: true),
    ], ProviderPort.Notifier);

    private static readonly MapShape Rule = new("notify_rule", "a notify rule", () =>
    [
        new("after", Duration(TimeSpan.Zero, TimeSpan.FromDays(1)), "Time since the page began, 0s to 1d.", Required: true),
        new("via", Name, "The name of one of the user's contact methods.", Required: true),
    ]);

    private static readonly MapShape Notify = new("notify", "notify rules", () =>
    [
        new("high", new ListShape(Rule, "notify rules", AtLeast: 1), "The ladder for high urgency. Default: the first contact method at once, each further one 2 minutes later."),
        new("low", new ListShape(Rule, "notify rules", AtLeast: 1), "The ladder for low urgency. Default: the first contact method at once."),
    ]);

    private static readonly MapShape User = new("user", "a user", () =>
    [
        new("name", Name, "The short name that the rest of the estate uses.", Required: true),
        new("full_name", ShortText, "How the user is shown. Default: the name."),
        new("email", Email, "For signing in."),
        new("time_zone", TimeZone, "The IANA zone in which pages and messages show times to this person. Default: the browser's zone on pages, UTC in messages."),
        new("role", Words("a role: owner, admin, responder or viewer", "owner", "admin", "responder", "viewer"), "owner, admin, responder or viewer. Default: responder."),
        new("disabled", Flag, "A disabled user is never paged. Default: false."),
        new("shift_notices", Words("none, start or both", "none", "start", "both"), "When the user is told that a shift begins: start, when it does; both, also 15 minutes before. Default: start."),
        new("time_off_calendar", CalendarAddress, "The address of a calendar in iCalendar form whose every entry is time off of this user. Default: none.", Secret: true),
        new("contact", new ListShape(Contact, "contact methods"), "How the user is reached."),
        new("notify", Notify, "When which contact method is used."),
        new("quiet_hours", Quiet!, "What comes within them waits for their end, and is told then as one message. Default: none."),
        new("max_pages_per_minute", Whole(1, 1000), "Pages by one method within a minute; the rest comes as one message. Default: the setting Paging:MaxPerMinute."),
        new("self_test", Flag, "Takes part in the monthly test of contact methods, where the workspace has one. Default: true."),
    ]);

    private static readonly MapShape TeamShape = new("team", "a team", () =>
    [
        new("name", Name, "Unique among teams.", Required: true),
        new("members", new ListShape(Ref("user"), "users"), "The users in it; a step that notifies the team notifies each of them."),
        new("managers", new ListShape(Ref("user"), "users"), "Users who may change the team's members, schedules and services with the role responder. Default: only administrators do."),
    ]);

    private static readonly MapShape ServiceShape = new("service", "a service", () =>
    [
        new("name", ServiceName, "The value of the label service that belongs to it.", Required: true),
        new("team", Ref("team"), "The team that owns it."),
        new("policy", Ref("policy") with { OrWord = Route.NoPolicy }, "The policy for routes that name none; none pages nobody. Default: the policy of the routing tree."),
        new("description", Text, "What it is, for people."),
    ]);

    private static readonly MapShape HolidaysShape = new("holidays", "a list of holidays", () =>
    [
        new("name", Name, "Unique among lists of holidays.", Required: true),
        new("dates", new ListShape(DayOff, "dates", AtLeast: 1), "The days: single dates, or month and day for each year.", Required: true),
    ]);

    private static readonly MapShape Window = new("window", "a window", () =>
    [
        new("days", new ListShape(DutyDay, "weekdays", AtLeast: 1), "The days on which it begins; on a holiday only \"holiday\" counts, not its weekday. Default: every day, holidays too."),
        new("from", TimeOfDay, "When it begins; needs \"to\". Default: the whole day."),
        new("to", TimeOfDay, "When it ends; at or before \"from\" it is the next day's."),
    ]);

    private static readonly MapShape RotationShape = new("rotation", "a rotation", () =>
    [
        new("name", ShortText, "Unique in its schedule.", Required: true),
        new("users", new ListShape(Ref("user"), "users", AtLeast: 1), "They take turns in this order. Either these or \"turns\" are needed."),
        new("turns", new ListShape(new ListShape(Ref("user"), "users", AtLeast: 1), "lists of users", AtLeast: 1), "Instead of \"users\": the users of each turn, who are on call together."),
        new("start", LocalTime, "The first hand-off, on the rotation's wall clock; the first turn begins here.", Required: true),
        new("every", Period, "How long a turn lasts: 12h, 1d, 1w, 1mo. Hand-offs keep their time of day over clock changes; those of months their day, or the month's last.", Required: true),
        new("end", LocalTime, "When the rotation ends for good. Default: never."),
        new("time_zone", TimeZone, "The IANA zone of all its local times. Default: the schedule's."),
        new("windows", new ListShape(Window, "windows", AtLeast: 1), "On call only in these windows, joined. Default: always."),
        new("days", new ListShape(DutyDay, "weekdays", AtLeast: 1), "For a single window: the days on which it begins. Default: every day."),
        new("from", TimeOfDay, "For a single window: on call only from this time of day; needs \"to\"."),
        new("to", TimeOfDay, "For a single window: until this time of day; at or before \"from\" it is the next day's."),
        new("holidays", new ListShape(HolidayLists, "lists of holidays"), "The lists whose days are holidays to it. Default: the schedule's."),
        new("priority", Whole(-1000, 1000), "Where several rotations cover an instant, those of the highest priority count. Default: 0."),
    ]);

    private static readonly MapShape OverrideShape = new("override", "an override", () =>
    [
        new("user", Ref("user"), "Who is on call instead.", Required: true),
        new("from", LocalTime, "The beginning, on the schedule's wall clock.", Required: true),
        new("to", LocalTime, "The end, which is no longer part of it.", Required: true),
    ]);

    private static readonly MapShape ScheduleShape = new("schedule", "a schedule", () =>
    [
        new("name", Name, "Unique among schedules.", Required: true),
        new("team", Ref("team"), "The team that it belongs to."),
        new("time_zone", TimeZone, "The IANA zone of all its local times.", Required: true),
        new("holidays", new ListShape(HolidayLists, "lists of holidays"), "The lists whose days are holidays to its rotations. Default: none."),
        new("allow_overlap", Flag, "Rotations of one priority may be on call at the same time without a warning. Default: false."),
        new("rotations", new ListShape(RotationShape, "rotations"), "Who takes turns."),
        new("overrides", new ListShape(OverrideShape, "overrides"), "Single exceptions."),
        new("calendar", CalendarAddress, "The address of a calendar in iCalendar form whose entries say who is on call. Default: none.", Secret: true),
        new("calendar_as", Words("shifts or overrides", "shifts", "overrides"), "What its entries count as: shifts, like turns, several together and without those who are away; or overrides, one person instead of whoever the rotations name. Default: shifts."),
    ]);

    private static readonly MapShape Step = new("step", "a step", () =>
    [
        new("notify", new ListShape(TargetShape, "targets", AtLeast: 1), "Whom the step notifies.", Required: true),
        new("wait", Duration(TimeSpan.Zero, TimeSpan.FromDays(1)), "How long to wait for an answer before the next step, 0s to 1d. Default: 5m.") { Alias = "ack_within" },
        new("when", When!, "When the step counts; at other times it is passed at once. Default: always."),
        new("round_robin", Flag, "Of each team one member is paged, in turn from one incident to the next, instead of all. Default: false."),
    ]);

    private static readonly MapShape PolicyShape = new("policy", "a policy", () =>
    [
        new("name", Name with { Reads = t => NamePattern().IsMatch(t) && t != Route.NoPolicy, Says = $"{Name.Says}; \"{Route.NoPolicy}\" is taken" }, "Unique among policies.", Required: true),
        new("repeat", Whole(0, 100), "How often all steps are run again when nobody answered, 0 to 100. Default: 0."),
        new("steps", new ListShape(Step, "steps", AtLeast: 1), "One after the other until somebody acknowledges.", Required: true),
        new("repage_after", Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)), "When nothing happens for so long after somebody acknowledged, they are reminded, and when still nothing happens the steps begin again, 1m to 1w. Default: never."),
    ]);

    private static readonly MapShape Channel = new("channel", "a channel", () =>
    [
        new("name", Name, "Unique among channels.", Required: true),
        new("type", ProviderId, "The provider that delivers; the further keys are its settings.", Required: true),
    ], ProviderPort.Notifier);

    public static readonly MapShape Source = new("source", "a source", () =>
    [
        new("name", Name, "Unique among sources.", Required: true),
        new("type", ProviderId, "What sends: the provider whose payloads arrive; the further keys are its settings.", Required: true),
        new("key", SourceKey, "The key in the address /in/TYPE/KEY, at least 16 characters and used once in the whole installation.", Required: true, Secret: true),
        new("default_severity", Words("a severity: critical, high, warning or info", "critical", "high", "warning", "info"), "For alerts that state none. Default: high."),
        new("high_priorities", new ListShape(Words("a priority: P0 to P5", "P0", "P1", "P2", "P3", "P4", "P5"), "priorities"), "Alerts with one of these in the label priority are at least high, and of high urgency; those with another at most a warning, and of low urgency. Default: the severity that they state."),
        new("resolve_timeout", Duration(TimeSpan.FromSeconds(10), TimeSpan.FromDays(365)), "A firing alert that is not sent again for so long counts as over, 10s to 52w. Default: the provider's own rule."),
        new("keep_open", Flag, "Alerts that are no longer sent stay open instead. Default: false."),
        new("expect_every", Duration(TimeSpan.FromSeconds(10), TimeSpan.FromDays(366)), "It is expected to send at least this often, 10s to 366d; a longer silence is an alert. Default: it may be silent."),
        new("grace", Duration(TimeSpan.Zero, TimeSpan.FromDays(366)), "How much later than expect_every is not yet an alert, 0s to 366d. Default: 0s."),
    ], ProviderPort.Source);

    private static readonly MapShape SilenceShape = new("silence", "a silence", () =>
    [
        new("name", Name, "Unique among declared silences.", Required: true),
        new("match", new ListShape(MatcherShape, "matchers", AtLeast: 1), "All must hold for an alert to be muted.", Required: true),
        new("starts_at", Instant, "When it begins.", Required: true),
        new("ends_at", Instant, "When it is over.", Required: true),
        new("created_by", ShortText, "Who wanted it. Default: estate."),
        new("comment", Text, "Why.", Required: true),
    ]);

    private static readonly MapShape RouteShape = new("route", "a route", () =>
    [
        new("name", ShortText, "Unique in the tree; every explanation names it. The root's default is root.", Required: true),
        new("match", new ListShape(MatcherShape, "matchers"), "All must hold; without any the route takes everything. Not at the root."),
        new("policy", Ref("policy") with { OrWord = Route.NoPolicy }, "Who is told; none pages nobody on purpose. Default: the parent's."),
        new("urgency", Words("an urgency: high or low", "high", "low"), "high or low. Default: high for critical and high alerts, low for the rest."),
        new("service", Ref("service"), "The service that its incidents belong to. Default: the alert's label service."),
        new("group_by", new ListShape(LabelName, "label names"), "Alerts with equal values of these labels share an incident; [\"...\"] means all labels. Default: the parent's."),
        new("group_wait", Duration(TimeSpan.Zero, TimeSpan.FromDays(1)), "How long a new incident collects alerts before it pages, 0s to 1d. Default: the parent's; at the root 0s."),
        new("group_interval", Duration(TimeSpan.Zero, TimeSpan.FromDays(7)), "The least time between notices about new alerts of one incident, 0s to 1w. Default: the parent's; at the root 5m."),
        new("issues", Repository, "The GitHub repository, owner/name, where alarms with a canonical event get issues; none: no issues. Default: the parent's; at the root none."),
        new("reopen_issues", Flag, "An alarm that fires again after its end opens its last issue again instead of a new one. Default: the parent's; at the root false."),
        new("continue", Flag, "Try the next siblings too although this route took the alert. Default: false."),
        new("routes", new ListShape(RouteShape!, "routes"), "Tried in order before this route takes the alert itself."),
        new("tests", new ListShape(EstateMuteShapes.Test, "route tests"), "Expectations that tocsin check runs."),
    ]);

    /// <summary>In the order in which an export shows them. The routing tree is one more: <see cref="RootRoute"/>.</summary>
    public static IReadOnlyList<EstateKind> Kinds { get; } =
    [
        new("user", "users", User),
        new("team", "teams", TeamShape),
        new("service", "services", ServiceShape),
        new("holidays", "holidays", HolidaysShape),
        new("schedule", "schedules", ScheduleShape),
        new("policy", "policies", PolicyShape),
        new("channel", "channels", Channel),
        new("source", "sources", Source),
        new("silence", "silences", SilenceShape),
        new("maintenance", "maintenance", EstateMuteShapes.Maintenance),
        new("inhibition", "inhibit", EstateMuteShapes.Inhibition),
        new("detector", "detectors", EstateDetectorShapes.Detector),
    ];

    public static EstateKind RootRoute { get; } = new("route", "route", RouteShape);

    /// <summary>The keys of a document besides the sections.</summary>
    public static IReadOnlyList<EstateField> Head { get; } =
    [
        new("apiVersion", Words($"\"{ApiVersion}\"", ApiVersion), "The version of this format.", Required: true),
        new("workspace", new ScalarShape("the name of a workspace: 1 to 63 lower-case letters, digits and dashes, beginning with a letter or digit", t => WorkspacePattern().IsMatch(t))
        {
            Pattern = "^[a-z0-9][a-z0-9-]{0,62}$",
        }, "The workspace that the objects belong to. Default: default."),
    ];

    /// <exception cref="KeyNotFoundException">There is no such kind.</exception>
    public static EstateKind Kind(string id) =>
        id == RootRoute.Id ? RootRoute : Kinds.FirstOrDefault(k => k.Id == id) ?? throw new KeyNotFoundException($"no kind {id}");

    public static bool TryLocal(string text, out DateTime local) => DateTime.TryParseExact(
        text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out local);

    public static bool TryInstant(string text, out DateTimeOffset instant)
    {
        var read = DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant)
            && OffsetPattern().IsMatch(text);
        instant = instant.ToUniversalTime();
        return read;
    }

    /// <summary>An instant, or a local time and an IANA zone with a space between.</summary>
    public static bool TryTestInstant(string text, out DateTimeOffset instant)
    {
        if (text.Split(' ', 2) is [var local, var zone])
        {
            var read = TryLocal(local, out var wall) & ZoneRules.Has(zone);
            instant = read ? ZoneRules.Instant(zone, wall) : default;
            return read;
        }

        return TryInstant(text, out instant);
    }

    public static bool TryTimeOfDay(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    public static bool TryDate(string text, out DateOnly date) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    public static bool TryYearDay(string text, out YearDay day)
    {
        // A leap year, so that 29 February is a day.
        var read = DateOnly.TryParseExact($"2000-{text}", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
        day = new(date.Month, date.Day);
        return read;
    }

    public static bool TryPeriod(string text, out RotationPeriod period)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        PeriodUnit? unit = digits <= 0 ? null : text[digits..] switch
        {
            "h" => PeriodUnit.Hour,
            "d" => PeriodUnit.Day,
            "w" => PeriodUnit.Week,
            "mo" => PeriodUnit.Month,
            _ => null,
        };
        period = unit is not null && int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? new(count, unit.Value) : default;
        return period.Count is >= 1 and <= 366;
    }

    public static bool TryWeekday(string text, out DayOfWeek day)
    {
        var index = Array.IndexOf(Weekdays, text);
        day = (DayOfWeek)((index + 1) % Weekdays.Length);
        return index >= 0;
    }

    internal static ScalarShape Words(string says, params string[] words)
    {
        var known = words.ToFrozenSet(StringComparer.Ordinal);
        return new(says, known.Contains) { Words = words };
    }

    internal static ScalarShape Ref(string kind) => new($"the name of a {kind}", t => t.Length > 0) { Names = kind };

    private static ScalarShape HolidayLists => Ref("holidays") with { Says = "the name of a list of holidays" };

    internal static ScalarShape Whole(int least, int most) => new(
        $"a whole number from {least} to {most}",
        t => int.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most)
    {
        Literal = "integer",
        Pattern = "^-?[0-9]+$",
    };

    internal static ScalarShape Duration(TimeSpan least, TimeSpan most) => new(
        $"a duration such as 30s, 5m or 1h30m, from {DurationText.Format(least)} to {DurationText.Format(most)}",
        t => DurationText.TryParse(t, out var d) && d >= least && d <= most)
    {
        Pattern = "^(0|([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?)$",
    };

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z", RegexOptions.NonBacktracking)]
    private static partial Regex WorkspacePattern();

    [GeneratedRegex(@"^[A-Za-z0-9._~-]{16,200}\z", RegexOptions.NonBacktracking)]
    private static partial Regex KeyPattern();

    /// <summary>Not a name that is only dots: it would be another address.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/([A-Za-z0-9_-][A-Za-z0-9._-]{0,99}|\.[A-Za-z0-9_-][A-Za-z0-9._-]{0,98})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex RepositoryPattern();

    [GeneratedRegex(@"^[^@\s]+@[^@\s]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex EmailPattern();

    [GeneratedRegex(@"(Z|[+-][0-9]{2}:[0-9]{2})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex OffsetPattern();
}
