using System.Collections.Frozen;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Tests;

/// <summary>Builds estates by hand, without YAML. All contact methods are of the provider <c>fake</c>.</summary>
internal sealed class EstateBuilder
{
    private readonly Dictionary<string, Person> _users = [];
    private readonly Dictionary<string, Team> _teams = [];
    private readonly Dictionary<string, Schedule> _schedules = [];
    private readonly Dictionary<string, Policy> _policies = [];
    private readonly Dictionary<string, Service> _services = [];
    private readonly Dictionary<string, Source> _sources = new() { ["prom"] = new("prom", "generic", "prom-key-0123456789") };
    private readonly Dictionary<string, ContactMethod> _channels = [];
    private readonly List<Silence> _silences = [];
    private readonly List<Silence> _maintenance = [];
    private readonly List<Inhibition> _inhibitions = [];
    private long _revision;
    private Route _route = new() { Name = "root", Policy = "main" };

    /// <summary>A person with methods tried at once (<c>push</c>) or some minutes later (<c>mail@5</c>), the same for both urgencies.</summary>
    public EstateBuilder User(string name, params string[] ladder)
    {
        var rules = ladder.Select(Rule).ToArray();
        return User(new Person { Name = name, Contact = Methods(rules), High = rules, Low = rules });
    }

    public EstateBuilder User(string name, string[] high, string[] low)
    {
        var (highRules, lowRules) = (high.Select(Rule).ToArray(), low.Select(Rule).ToArray());
        return User(new Person { Name = name, Contact = Methods([.. highRules, .. lowRules]), High = highRules, Low = lowRules });
    }

    public EstateBuilder User(Person person)
    {
        _users[person.Name] = person;
        return this;
    }

    public EstateBuilder Administrator(string name, params string[] ladder) => User(name, ladder).Change(name, p => p with { Role = "admin" });

    public EstateBuilder Disable(string name) => Change(name, p => p with { Disabled = true });

    public EstateBuilder Change(string name, Func<Person, Person> change) => User(change(_users[name]));

    public EstateBuilder Team(string name, params string[] members)
    {
        _teams[name] = new(name, members);
        return this;
    }

    /// <summary>A schedule in UTC whose users take a day each, in turn, from the start of the virtual clock; without users nobody is on.</summary>
    public EstateBuilder Schedule(string name, params string[] users)
    {
        _schedules[name] = new()
        {
            Name = name,
            TimeZone = "UTC",
            Rotations = users.Length == 0
                ? []
                : [new() { Name = "daily", Users = users, Start = VirtualClock.Start.DateTime.Date.AddHours(9), Every = new(1, PeriodUnit.Day) }],
        };
        return this;
    }

    /// <summary>Changes a schedule.</summary>
    public EstateBuilder Schedule(string name, Func<Schedule, Schedule> change)
    {
        _schedules[name] = change(_schedules[name]);
        return this;
    }

    public EstateBuilder Channel(string name, params (string Key, string Value)[] settings)
    {
        _channels[name] = new(name, "fake", settings.ToFrozenDictionary(s => s.Key, s => s.Value));
        return this;
    }

    /// <summary>A channel in Telegram.</summary>
    public EstateBuilder Bot(string name, params (string Key, string Value)[] settings)
    {
        _channels[name] = new(name, Tocsin.Providers.Telegram.Type, settings.ToFrozenDictionary(s => s.Key, s => s.Value));
        return this;
    }

    public EstateBuilder Service(string name, string? policy = null, string? team = null)
    {
        _services[name] = new(name, team, policy);
        return this;
    }

    public EstateBuilder Source(Source source)
    {
        _sources[source.Name] = source;
        return this;
    }

    /// <summary>The policy of the root route.</summary>
    /// <param name="steps">Each as <c>5m user:ana channel:room</c>: the wait, then whom it notifies.</param>
    public EstateBuilder Policy(params string[] steps) => Policy("main", 0, steps);

    public EstateBuilder Policy(string name, int repeat, params string[] steps)
    {
        _policies[name] = new(name, [.. steps.Select(ToStep)], repeat);
        return this;
    }

    /// <summary>Changes a policy.</summary>
    public EstateBuilder Policy(string name, Func<Policy, Policy> change)
    {
        _policies[name] = change(_policies[name]);
        return this;
    }

    /// <summary>Changes one step of the policy main.</summary>
    public EstateBuilder Step(int index, Func<PolicyStep, PolicyStep> change) =>
        Policy("main", policy => policy with { Steps = [.. policy.Steps.Select((step, i) => i == index ? change(step) : step)] });

    /// <summary>Hours of a day in UTC, <c>22:00-08:00</c>.</summary>
    public static DayWindow Hours(string between) =>
        new() { From = TimeOnly.Parse(between.Split('-')[0]), To = TimeOnly.Parse(between.Split('-')[1]), TimeZone = "UTC" };

    public EstateBuilder Revision(long revision)
    {
        _revision = revision;
        return this;
    }

    public EstateBuilder Route(Route route)
    {
        _route = route;
        return this;
    }

    /// <summary>Changes the root route.</summary>
    public EstateBuilder Route(Func<Route, Route> change) => Route(change(_route));

    public EstateBuilder Silence(string matchers, DateTimeOffset from, DateTimeOffset to)
    {
        _silences.Add(new($"s{_silences.Count + 1}", Matching(matchers), from, to, "ana", "planned work"));
        return this;
    }

    /// <summary>Maintenance that recurs every day between two times of day in UTC.</summary>
    public EstateBuilder Maintenance(string name, string matchers, TimeOnly from, TimeOnly to, params string[] services)
    {
        _maintenance.Add(new(name, matchers.Length == 0 ? [] : Matching(matchers), DateTimeOffset.UnixEpoch, Routing.Silence.Always, "estate", "planned work")
        {
            Kind = SilenceKind.Maintenance,
            Services = services,
            Repeats = new("UTC", [], from, to),
        });
        return this;
    }

    public EstateBuilder Inhibit(string name, string source, string target, params string[] equal)
    {
        _inhibitions.Add(new(name, Matching(source), Matching(target), equal));
        return this;
    }

    public EstateBuilder WithoutInhibitions()
    {
        _inhibitions.Clear();
        return this;
    }

    public EstateBuilder WithoutSilences()
    {
        _silences.Clear();
        return this;
    }

    public static IReadOnlyList<Matcher> Matching(string text)
    {
        var matchers = MatcherText.Parse(text);
        Assert.True(matchers.Ok, matchers.Error?.Detail);
        return matchers.Value;
    }

    public EstateSnapshot Build(long workspace = 1)
    {
        var model = new EstateModel
        {
            Workspace = $"w{workspace}",
            Revision = _revision,
            Users = _users.ToFrozenDictionary(),
            Teams = _teams.ToFrozenDictionary(),
            Schedules = _schedules.ToFrozenDictionary(),
            Policies = _policies.ToFrozenDictionary(),
            Services = _services.ToFrozenDictionary(),
            Sources = _sources.ToFrozenDictionary(),
            Channels = _channels.ToFrozenDictionary(),
            Route = _route,
            Silences = [.. _silences],
            Maintenance = [.. _maintenance],
            Inhibitions = [.. _inhibitions],
        };
        return EstateSnapshot.Of(workspace, model, []);
    }

    private static NotifyRule Rule(string text) =>
        text.Split('@') is [var method, var minutes] ? new(TimeSpan.FromMinutes(int.Parse(minutes)), method) : new(TimeSpan.Zero, text);

    private static ContactMethod[] Methods(IEnumerable<NotifyRule> rules) =>
        [.. rules.Select(r => r.Via).Distinct().Select(name => new ContactMethod(name, "fake", FrozenDictionary<string, string>.Empty))];

    private static PolicyStep ToStep(string text)
    {
        var parts = text.Split(' ');
        Assert.True(DurationText.TryParse(parts[0], out var wait), text);
        return new([.. parts.Skip(1).Select(ToTarget)], wait);
    }

    private static Target ToTarget(string text)
    {
        Assert.True(Target.TryParse(text, out var target), text);
        return target;
    }
}

/// <summary>The estates that a test gives; a change is seen by the next decision.</summary>
internal sealed class FixedEstates(params IEnumerable<EstateSnapshot> estates) : IEstates
{
    private readonly Dictionary<long, EstateSnapshot> _estates = estates.ToDictionary(e => e.Workspace);

    public EstateSnapshot this[long workspace]
    {
        get => _estates[workspace];
        set => _estates[workspace] = value;
    }

    public void Forget(long workspace)
    {
    }

    public ValueTask<EstateSnapshot?> FindAsync(long workspace, CancellationToken ct) => new(_estates.GetValueOrDefault(workspace));

    public ValueTask<(EstateSnapshot Estate, Source Source)?> FindSourceAsync(string key, CancellationToken ct) => new(
        _estates.Values.SelectMany(e => e.Model.Sources.Values.Select(s => (e, s))).Where(p => p.s.Key == key)
            .Select(p => ((EstateSnapshot, Source)?)p).FirstOrDefault());
}
