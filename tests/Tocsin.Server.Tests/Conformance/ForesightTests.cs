using System.Collections.Frozen;
using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>
/// What explain and the estate's tests foresee is what the engine then plans: on estates made up from a seed, with conditions, quiet hours, turns,
/// repeated methods, people who cannot be reached, and rounds.
/// </summary>
public abstract class ForesightTests(Engine engine)
{
    private const int Seeds = 60;
    private const int Hours = 30;

    [StoreFact]
    public async Task Explain_says_beforehand_each_page_that_is_planned_when_nobody_answers()
    {
        await using var bench = await EngineBench.OpenAsync(engine, new EstateBuilder());
        var pages = 0;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            pages += await CompareAsync(bench, seed);
        }

        // Otherwise the estates are too poor to tell anything.
        Assert.True(pages > 5 * Seeds, $"Only {pages} pages were compared.");
    }

    private static async Task<int> CompareAsync(EngineBench bench, int seed)
    {
        // Each has a policy and an incident of its own, so that no turn and no pace is left from the one before.
        var random = new Random(seed);
        var name = $"seed-{seed}";
        bench.Estate = Draw(random, name).Build();
        bench.Clock.Advance(TimeSpan.FromMinutes(random.Next(60 * 24 * 2)));
        var labels = random.Next(2) == 0 ? [("priority", $"P{random.Next(1, 3)}")] : Array.Empty<(string, string)>();
        var severity = random.Next(2) == 0 ? Severity.Critical : Severity.Warning;
        var signal = Firing(name, labels).As(severity);
        var subject = RouteSubject.Of(signal, bench.Estate.Source("prom"));
        var at = bench.Clock.Now;

        var explained = await new Explainer(bench.Database, bench.Parts.Incidents, bench.Parts.Turns, bench.Parts.Proofs).ExplainAsync(bench.Estate, subject, at, default);
        var policy = bench.Estate.Model.Policies[name];
        var wait = bench.Estate.Model.Route.GroupWait ?? TimeSpan.Zero;
        var tested = new EstateReach(bench.Estate.Model).FirstPage(policy, severity == Severity.Critical ? Urgency.High : Urgency.Low, PriorityText.Read(signal.Labels[PriorityText.Label]), at + wait);

        await bench.ReceiveAsync(signal);
        var number = (await bench.IncidentsAsync()).Max(i => i.Number);
        await bench.PassUntilAsync((at - VirtualClock.Start).TotalMinutes + (Hours * 60));
        var planned = (await bench.PagesAsync(number)).Where(p => p.Kind == MessageKind.Page).Select(p => Line(p.Round, p.Step + 1, p.Recipient, p.Method, p.DueAt - at)).ToHashSet();
        var foreseen = explained.Destinations.Single().Steps.Where(s => s.AfterSeconds <= TimeSpan.FromHours(Hours).TotalSeconds)
            .SelectMany(s => s.Pages.Select(p => Line(s.Round, s.Step, p.Recipient, p.Method, TimeSpan.FromSeconds(p.AfterSeconds)))).ToHashSet();

        // A long explanation is cut.
        var cut = explained.Destinations.Single().Steps.Count >= 40;
        var wrong = foreseen.Except(planned).Concat(cut ? [] : planned.Except(foreseen)).ToArray();
        Assert.True(wrong.Length == 0, $"Seed {seed}: {string.Join("; ", wrong)}\nforeseen: {string.Join("; ", foreseen)}\nplanned: {string.Join("; ", planned)}");

        var first = (await bench.PagesAsync(number)).Where(p => p is { Kind: MessageKind.Page, RecipientKind: RecipientKind.User }).OrderBy(p => p.DueAt).ThenBy(p => p.Id).FirstOrDefault();
        if (first is null || first.DueAt - at <= TimeSpan.FromHours(Hours))
        {
            Assert.True(
                (first?.Recipient, first?.Method, first?.DueAt) == (tested?.User, tested?.Method.Name, at + wait + tested?.After),
                $"Seed {seed}: the estate's tests foresee {tested?.User} by {tested?.Method.Name} after {tested?.After}, and {first?.Recipient} is paged by {first?.Method} after {first?.DueAt - at - wait}");
        }

        await bench.ResolveAsync(number);
        return planned.Count;
    }

    private static string Line(int round, int step, string to, string method, TimeSpan after) => $"round {round} step {step}: {to} by {method} after {after.TotalSeconds:0} s";

    private static EstateBuilder Draw(Random random, string policy)
    {
        var estate = new EstateBuilder();
        string[] people = ["ana", "bo", "cy", "dee"];
        foreach (var name in people)
        {
            string[] ladder = random.Next(5) switch
            {
                0 => [],
                1 => ["push"],
                2 => ["push", "mail@2"],
                3 => ["push", "phone@3", "push@6"],
                _ => ["mail@1", "phone@90"],
            };
            estate.User(name, ladder);
            if (random.Next(3) == 0)
            {
                var (from, length) = (random.Next(24), random.Next(1, 12));
                estate.Change(name, p => p with { Quiet = new(EstateBuilder.Hours($"{from:00}:00-{(from + length) % 24:00}:30"), AlsoHigh: random.Next(2) == 0) });
            }

            if (random.Next(6) == 0)
            {
                estate.Disable(name);
            }
        }

        estate.Team("all", people).Schedule("days", "ana", "bo", "cy").Schedule("empty").Channel("room");
        string[] targets = [.. people.Select(p => $"user:{p}"), "team:all", "schedule:days", "schedule:empty", "channel:room"];
        var steps = Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"{random.Next(4) * 7}m {string.Join(' ', Enumerable.Range(0, random.Next(1, 3)).Select(_ => targets[random.Next(targets.Length)]).Distinct())}").ToArray();
        estate.Policy(policy, random.Next(3), steps);
        for (var i = 0; i < steps.Length; i++)
        {
            var condition = random.Next(6) switch
            {
                0 => new StepCondition { Urgency = random.Next(2) == 0 ? Urgency.High : Urgency.Low },
                1 => new StepCondition { Priorities = ["P1"] },
                2 => new StepCondition { Hours = EstateBuilder.Hours($"{random.Next(24):00}:00-{random.Next(24):00}:30") },
                _ => null,
            };
            var turns = random.Next(2) == 0;
            var place = i;
            estate.Policy(policy, p => p with { Steps = [.. p.Steps.Select((step, at) => at == place ? step with { When = condition, RoundRobin = turns } : step)] });
        }

        return estate.Route(route => route with { Policy = policy, GroupBy = ["alertname"], GroupWait = TimeSpan.FromSeconds(random.Next(3) * 30) });
    }

    public sealed class OnSqlite() : ForesightTests(Engine.Sqlite);

    public sealed class OnPostgres() : ForesightTests(Engine.Postgres);
}
