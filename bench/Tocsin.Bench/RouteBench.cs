using Tocsin.Alerts;
using Tocsin.Providers;
using Tocsin.Routing;

namespace Tocsin.Bench;

/// <summary>From a signal to its destinations, past the silences; a call is an alert.</summary>
internal static class RouteBench
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static int Run()
    {
        var source = new Estate.Source("bench", "any", "bench-key-00000000000001");
        var subjects = AlertBodies.Alertmanager(500)
            .SelectMany(body => new Alertmanager().Parse(new(body, _ => "", source, Now)).Value!.Signals)
            .Select(signal => RouteSubject.Of(signal, source))
            .ToArray();

        Meter.Head();
        foreach (var routes in (int[])[3, 50, 500])
        {
            var router = Router.Compile(Tree(routes)).Value!;
            Row($"decide, {routes} routes", subjects, s => router.Decide(s).Destinations[0].Group.Hash);
        }

        var explaining = Router.Compile(Tree(50)).Value!;
        Row("explain, 50 routes", subjects, s => explaining.Explain(s).Trace!.Routes.Count);

        foreach (var count in (int[])[10, 1000])
        {
            var silences = SilenceSet.Compile([.. Enumerable.Range(0, count).Select(i => new Silence(
                $"{i}", MatcherText.Parse($"instance=\"other-{i}\", severity=~\"critical|high\"").Value!, Now.AddHours(-1), Now.AddHours(1), "bench", ""))]);
            Row($"{count} silences, none of which matches", subjects, s => silences.FirstMatch(s, Now) is null ? 1 : 0);
        }

        Row("fingerprint of 7 labels", subjects, s => (long)PrometheusFingerprint.Of(s.Labels));
        return 0;
    }

    /// <summary>Many teams that do not match, then the one that does.</summary>
    private static Route Tree(int routes) => new()
    {
        Name = "root",
        Policy = "default",
        GroupBy = ["alertname", "service"],
        Routes =
        [
            .. Enumerable.Range(0, routes - 1).Select(i => new Route
            {
                Name = $"team-{i}",
                Match = MatcherText.Parse(i % 3 == 0 ? $"team=~\"t{i}.*\"" : $"team=t{i}, severity=~\"critical|high\"").Value!,
            }),
            new() { Name = "checkout", Match = MatcherText.Parse("service=checkout, severity=~\"critical|high\"").Value! },
        ],
    };

    private static void Row(string name, RouteSubject[] subjects, Func<RouteSubject, long> call) => Meter.Row(name, subjects.Length, () =>
    {
        var sum = 0L;
        foreach (var subject in subjects)
        {
            sum += call(subject);
        }

        return sum;
    });
}
