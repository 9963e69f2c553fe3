using System.Collections.Frozen;
using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>Reads checked maps into the model's records, and checks what concerns several values of one object.</summary>
internal sealed partial class EstateReader(EstateProviders providers, List<EstateFault> faults)
{
    /// <summary>Between the contact methods of a user without rules of his own.</summary>
    private static readonly TimeSpan DefaultRung = TimeSpan.FromMinutes(2);

    /// <summary>The contact method that everybody has without declaring it: the devices that they register themselves.</summary>
    private const string Push = "push";
    private const string PushType = "webpush";

    private readonly Dictionary<RouteTest, Mark> _testMarks = new(ReferenceEqualityComparer.Instance);

    public IReadOnlyDictionary<RouteTest, Mark> TestMarks => _testMarks;

    /// <summary>The channels as they are written, whose apps other contact methods use. Set before any contact method is read.</summary>
    public IReadOnlyDictionary<string, ContactMethod> Apps { get; set; } = FrozenDictionary<string, ContactMethod>.Empty;

    /// <summary>Types of channels of which some lack a setting for now, and so all that use it.</summary>
    public IReadOnlySet<string> IncompleteApps { get; set; } = FrozenSet<string>.Empty;

    /// <summary>Whether some of its settings are not there to be checked.</summary>
    public static bool IsIncomplete(EstateMap map) => map.Entries.Any(e => e.Value is EstateScalar { Unfilled: not null } or EstateScalar { IsStandIn: true });

    /// <summary>A contact method or a channel as it is written.</summary>
    public static ContactMethod ReadWritten(EstateMap map) => new(map.Text("name"), map.Text("type"), Settings(map, EstateTable.Contact));

    public Person ReadUser(EstateMap map, string path)
    {
        var contact = new List<ContactMethod>();
        foreach (var (item, at) in Maps(map, "contact", path))
        {
            var method = ReadContact(item, at);
            if (contact.Any(c => c.Name == method.Name))
            {
                Fault(item.Find("name")!, $"{at}.name", $"another contact method of this user is called \"{method.Name}\" too", method.Name);
            }

            contact.Add(method);
        }

        var notify = map.Find("notify") as EstateMap;
        if (NamesPush(notify) && contact.TrueForAll(c => c.Name != Push))
        {
            // Devices are registered while the server runs, so that there is nothing to declare but the wish to be rung on them.
            contact.Add(new(Push, PushType, new Dictionary<string, string>(StringComparer.Ordinal)));
        }

        NotifyRule[] ladder = [.. contact.Select((c, i) => new NotifyRule(i * DefaultRung, c.Name))];
        return new()
        {
            Name = map.Text("name"),
            FullName = map.TextOrNull("full_name"),
            Email = map.TextOrNull("email"),
            TimeZone = map.TextOrNull("time_zone"),
            Role = map.TextOrNull("role") ?? "responder",
            Disabled = map.Flag("disabled"),
            ShiftNotices = map.TextOrNull("shift_notices") is { } wish ? Enum.Parse<ShiftNotices>(wish, ignoreCase: true) : ShiftNotices.Start,
            TimeOffCalendar = map.TextOrNull("time_off_calendar"),
            Contact = contact,
            High = ReadRules(notify, "high", $"{path}.notify", contact) ?? ladder,
            Low = ReadRules(notify, "low", $"{path}.notify", contact) ?? [.. ladder.Take(1)],
            Quiet = map.Find("quiet_hours") is EstateMap quiet ? new EscalationReader(faults).ReadQuiet(quiet, $"{path}.quiet_hours", map.TextOrNull("time_zone")) : null,
            MaxPerMinute = map.Whole("max_pages_per_minute"),
            SelfTest = map.TextOrNull("self_test") != "false",
        };
    }

    public ContactMethod ReadChannel(EstateMap map, string path)
    {
        var channel = ReadContact(map, path);
        if (providers.IsByDevices(channel.Type))
        {
            Fault(map.Find("type")!, $"{path}.type", $"{channel.Type} reaches people's own devices, and a channel has none; use it as a contact method of users", channel.Type);
        }

        return channel;
    }

    private static bool NamesPush(EstateMap? notify) => notify is not null && notify.Entries.Any(urgency =>
        urgency.Value is EstateList list && list.Items.OfType<EstateMap>().Any(rule => rule.TryText("via", out var via) && via == Push));

    /// <summary>A contact method or a channel.</summary>
    private ContactMethod ReadContact(EstateMap map, string path)
    {
        var written = ReadWritten(map);
        var filled = providers.Fill(written, Apps);
        if (!filled.Ok)
        {
            AddFaults([filled.Error], map, path);
            return written;
        }

        var method = filled.Value;

        // In lenient compilation a setting may be missing; the provider then refuses to send, with its reason, and the next method is tried.
        if (!IsIncomplete(map) && (ReferenceEquals(method, written) || !IncompleteApps.Contains(method.Type)))
        {
            AddFaults(providers.Check(method), map, path);
        }

        return method;
    }

    public static Team ReadTeam(EstateMap map) => new(map.Text("name"), map.Texts("members")) { Managers = map.Texts("managers") };

    public static Service ReadService(EstateMap map) =>
        new(map.Text("name"), map.TextOrNull("team"), map.TextOrNull("policy"), map.TextOrNull("description"));

    public static Holidays ReadHolidays(EstateMap map)
    {
        var (dates, yearly) = (new List<DateOnly>(), new List<YearDay>());
        foreach (var text in map.Texts("dates"))
        {
            if (EstateTable.TryYearDay(text, out var day))
            {
                yearly.Add(day);
            }
            else
            {
                dates.Add(EstateTable.TryDate(text, out var date) ? date : throw new FormatException(text));
            }
        }

        return new(map.Text("name"), dates, yearly);
    }

    /// <param name="holidays">All lists of the workspace that have no faults.</param>
    public Schedule ReadSchedule(EstateMap map, string path, IReadOnlyDictionary<string, Holidays> holidays)
    {
        var schedule = new Schedule
        {
            Name = map.Text("name"),
            Team = map.TextOrNull("team"),
            TimeZone = map.Text("time_zone"),
            Holidays = ListsOf(map, holidays),
            AllowOverlap = map.Flag("allow_overlap"),
            Rotations = [.. Maps(map, "rotations", path).Select(r => ReadRotation(r.Map, holidays))],
            Overrides = [.. Maps(map, "overrides", path).Select(o => new Override(o.Map.Text("user"), o.Map.LocalTime("from")!.Value, o.Map.LocalTime("to")!.Value))],
            Calendar = map.TextOrNull("calendar") is { } calendar ? new(calendar, map.TextOrNull("calendar_as") == "overrides" ? CalendarUse.Overrides : CalendarUse.Shifts) : null,
        };
        if (schedule.Calendar is null && map.Find("calendar_as") is { } use)
        {
            Fault(use, $"{path}.calendar_as", "\"calendar_as\" says nothing without \"calendar\"");
        }

        AddFaults(ScheduleRules.Check(schedule), map, path);
        return schedule;
    }

    public Source ReadSource(EstateMap map, string path)
    {
        var settings = Settings(map, EstateTable.Source);
        settings.Remove("hmac_secret", out var hmacSecret);
        var source = new Source(map.Text("name"), map.Text("type"), map.Text("key"))
        {
            HmacSecret = hmacSecret,
            HighPriorities = map.Find("high_priorities") is null ? null : map.Texts("high_priorities"),
            ResolveTimeout = map.Duration("resolve_timeout"),
            KeepOpenOnExpiry = map.Flag("keep_open"),
            ExpectEvery = map.Duration("expect_every"),
            Grace = map.Duration("grace") ?? TimeSpan.Zero,
            Settings = settings,
        };
        AddFaults(providers.Check(source), map, path);
        if (source is { ExpectEvery: null } && map.Find("grace") is { } grace)
        {
            Fault(grace, $"{path}.grace", "\"grace\" says nothing without \"expect_every\"");
        }

        if (source is { ResolveTimeout: not null, KeepOpenOnExpiry: true })
        {
            Fault(map.Find("keep_open")!, $"{path}.keep_open", "\"keep_open\" and \"resolve_timeout\" exclude each other");
        }

        return map.TextOrNull("default_severity") is { } severity ? source with { DefaultSeverity = Enum.Parse<Severity>(severity, ignoreCase: true) } : source;
    }

    public Silence ReadSilence(EstateMap map, string path)
    {
        var (starts, ends) = (map.Instant("starts_at")!.Value, map.Instant("ends_at")!.Value);
        if (ends <= starts)
        {
            Fault(map.Find("ends_at")!, $"{path}.ends_at", "the silence ends before it begins", map.Text("ends_at"));
        }

        return new(map.Text("name"), ReadMatchers(map, path), starts, ends, map.TextOrNull("created_by") ?? "estate", map.Text("comment"));
    }

    public Route ReadRoot(EstateMap map, string path)
    {
        if (map.Find("match") is { } match)
        {
            Fault(match, $"{path}.match", "the root takes everything; put the matchers on one of its routes");
        }

        return ReadRoute(map, path, []);
    }

    private Route ReadRoute(EstateMap map, string path, HashSet<string> names)
    {
        var name = map.Text("name");
        if (!names.Add(name))
        {
            Fault(map.Find("name")!, $"{path}.name", $"another route is called \"{name}\" too; a route's name is unique in the tree", name);
        }

        var groupBy = map.Find("group_by") is null ? null : map.Texts("group_by");
        if (groupBy is { Count: > 1 } && groupBy.Contains("..."))
        {
            Fault(map.Find("group_by")!, $"{path}.group_by", "\"...\" means all labels and stands alone");
        }

        return new()
        {
            Name = name,
            Match = ReadMatchers(map, path),
            Policy = map.TextOrNull("policy"),
            Urgency = map.TextOrNull("urgency") is { } urgency ? Enum.Parse<Urgency>(urgency, ignoreCase: true) : null,
            Service = map.TextOrNull("service"),
            GroupBy = groupBy,
            GroupWait = map.Duration("group_wait"),
            GroupInterval = map.Duration("group_interval"),
            Issues = map.TextOrNull("issues"),
            ReopenIssues = map.TextOrNull("reopen_issues") is { } reopens ? reopens == "true" : null,
            Continue = map.Flag("continue"),
            Routes = [.. Maps(map, "routes", path).Select(r => ReadRoute(r.Map, r.Path, names)).ToArray()],
            Tests = [.. Maps(map, "tests", path).Select(t => ReadTest(t.Map, t.Path)).ToArray()],
        };
    }

    private List<Matcher> ReadMatchers(EstateMap map, string path, string key = "match")
    {
        var matchers = new List<Matcher>();
        if (map.Find(key) is EstateList list)
        {
            for (var i = 0; i < list.Items.Count; i++)
            {
                var scalar = (EstateScalar)list.Items[i];
                var read = MatcherText.Parse(scalar.Text);
                if (read.Ok)
                {
                    matchers.AddRange(read.Value);
                }
                else
                {
                    var shown = EstateReferences.WithoutDefaults(scalar.Written);
                    Fault(scalar, $"{path}.{key}[{i}]", $"{shown} is not a matcher: {Sentence(read.Error)}", shown);
                }
            }
        }

        return matchers;
    }

    private static Rotation ReadRotation(EstateMap map, IReadOnlyDictionary<string, Holidays> holidays)
    {
        var window = ReadWindow(map);
        return new()
        {
            Name = map.Text("name"),
            Users = map.Texts("users"),
            Turns = map.Find("turns") is EstateList turns ? [.. turns.Items.Select(CheckedMap.Texts)] : [],
            Start = map.LocalTime("start")!.Value,
            Every = EstateTable.TryPeriod(map.Text("every"), out var period) ? period : throw new FormatException("every"),
            End = map.LocalTime("end"),
            TimeZone = map.TextOrNull("time_zone"),
            Windows = [.. Maps(map, "windows", "").Select(w => ReadWindow(w.Map))],
            Days = window.Days,
            OnHolidays = window.OnHolidays,
            From = window.From,
            To = window.To,
            Holidays = map.Find("holidays") is null ? null : ListsOf(map, holidays),
            Priority = map.Whole("priority") ?? 0,
        };
    }

    private static DutyWindow ReadWindow(EstateMap map)
    {
        var days = map.Texts("days");
        return new()
        {
            Days = [.. days.Where(d => d != EstateTable.Holiday).Select(d => EstateTable.TryWeekday(d, out var day) ? day : throw new FormatException(d))],
            OnHolidays = days.Contains(EstateTable.Holiday, StringComparer.Ordinal),
            From = map.TimeOfDay("from"),
            To = map.TimeOfDay("to"),
        };
    }

    /// <summary>A list that has faults itself is told there, and is empty here.</summary>
    private static Holidays[] ListsOf(EstateMap map, IReadOnlyDictionary<string, Holidays> holidays) =>
        [.. map.Texts("holidays").Select(name => holidays.GetValueOrDefault(name) ?? new Holidays(name, [], []))];

    private NotifyRule[]? ReadRules(EstateMap? notify, string urgency, string path, List<ContactMethod> contact)
    {
        if (notify?.Find(urgency) is null)
        {
            return null;
        }

        var rules = new List<NotifyRule>();
        foreach (var (rule, at) in Maps(notify, urgency, path))
        {
            var via = rule.Text("via");
            if (!contact.Any(c => c.Name == via))
            {
                faults.Add(EstateFault.Error(
                    rule.Find("via")!.Mark, $"{at}.via", $"unknown contact method \"{via}\"", via, NearestName.Find(via, contact.Select(c => c.Name))));
            }

            rules.Add(new(rule.Duration("after")!.Value, via));
        }

        return [.. rules.OrderBy(r => r.After)];
    }

    /// <summary>What a provider reads: every text that is no key of its own in the table.</summary>
    private static Dictionary<string, string> Settings(EstateMap map, MapShape shape) => map.Entries
        .Where(e => shape.Fields.All(f => f.Key != e.Key) && e.Value is EstateScalar)
        .ToDictionary(e => e.Key, e => ((EstateScalar)e.Value).Text, StringComparer.Ordinal);

    internal static IEnumerable<(EstateMap Map, string Path)> Maps(EstateMap map, string key, string path) =>
        map.Find(key) is EstateList list ? list.Items.Select((item, i) => ((EstateMap)item, EstateChecker.Join(path, $"{key}[{i}]"))) : [];

    private void AddFaults(IReadOnlyList<Error> errors, EstateMap map, string path)
    {
        foreach (var error in errors)
        {
            var node = error.Field is null ? map : map.At(error.Field) ?? map;
            faults.Add(EstateFault.Error(node.Mark, error.Field is null ? path : EstateChecker.Join(path, error.Field), Sentence(error)));
        }
    }

    private static string Sentence(Error error) => error.Detail.ReplaceLineEndings(" ").TrimEnd('.');

    private void Fault(EstateNode node, string path, string text, string? value = null) => faults.Add(EstateFault.Error(node.Mark, path, text, value));
}
