using Tocsin.Alerts;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>Maintenance windows, inhibition rules and route tests.</summary>
internal sealed partial class EstateReader
{
    public Silence ReadMaintenance(EstateMap map, string path)
    {
        var (zone, name) = (map.Text("time_zone"), map.Text("name"));
        var (start, end, from, to) = (map.LocalTime("start"), map.LocalTime("end"), map.TimeOfDay("from"), map.TimeOfDay("to"));
        if (from is null != to is null)
        {
            Fault(map, path, "\"from\" and \"to\" belong together: when it begins on a day, and when it is over");
        }
        else if (from is null && (start is null || end is null || map.Find("days") is not null))
        {
            Fault(map, path, map.Find("days") is null
                ? "a maintenance window needs \"from\" and \"to\" if it recurs, else \"start\" and \"end\""
                : "\"days\" needs \"from\" and \"to\": the times of day");
        }

        if (start >= end)
        {
            Fault(map.Find("end")!, $"{path}.end", "the maintenance window ends before it begins", map.Text("end"));
        }

        var window = new Silence(
            name, ReadMatchers(map, path), start is { } local ? ZoneRules.Instant(zone, local) : DateTimeOffset.UnixEpoch, end is { } last ? ZoneRules.Instant(zone, last) : Silence.Always,
            map.TextOrNull("owner") is { } owner ? $"user:{owner}" : "estate", map.Text("comment"))
        {
            Kind = SilenceKind.Maintenance,
            Services = map.Texts("services"),
            Owner = map.TextOrNull("owner"),
            Repeats = from is { } begins && to is { } ends
                ? new(zone, [.. map.Texts("days").Select(d => EstateTable.TryWeekday(d, out var day) ? day : throw new FormatException(d))], begins, ends)
                : null,
        };
        if (SilenceSet.Check(window) is { Field: not "ends_at" } error)
        {
            Fault(map, path, map.Find("services") is null && map.Find("match") is null ? "a maintenance window needs \"services\" or \"match\": what it mutes" : Sentence(error));
        }

        return window;
    }

    public Inhibition ReadInhibition(EstateMap map, string path) => new(
        map.Text("name"), ReadMatchers(map, path, map.Find("source") is null ? "source_matchers" : "source"),
        ReadMatchers(map, path, map.Find("target") is null ? "target_matchers" : "target"), map.Texts("equal"));

    private RouteTest ReadTest(EstateMap map, string path)
    {
        var expect = (EstateMap)map.Find("expect")!;
        if (expect.Entries.Count == 0)
        {
            Fault(expect, $"{path}.expect", "the test expects nothing; give policy, first_page, within, nobody, muted_by or steps");
        }

        var labels = Labels((EstateMap)map.Find("labels")!);
        var at = map.TryText("at", out var text) && EstateTable.TryTestInstant(text, out var instant) ? instant : default(DateTimeOffset?);
        var test = new RouteTest(labels, at, expect.TextOrNull("policy"), expect.TextOrNull("first_page"), expect.Duration("within"))
        {
            While = map.Find("while") is EstateList others ? [.. others.Items.Cast<EstateMap>().Select(Labels)] : [],
            ExpectBy = expect.TextOrNull("by"),
            ExpectNobody = expect.Flag("nobody"),
            ExpectMutedBy = expect.TextOrNull("muted_by"),
            ExpectSteps = [.. Maps(expect, "steps", path).Select(s => new StepExpectation(s.Map.Whole("step")!.Value, s.Map.Text("reaches")))],
        };
        if (test is { ExpectNobody: true } and not { ExpectFirstPage: null, ExpectWithin: null, ExpectBy: null })
        {
            Fault(expect, $"{path}.expect", "nobody is paged and somebody is paged first: give one of them");
        }

        _testMarks[test] = map.Mark;
        return test;
    }

    private static LabelSet Labels(EstateMap map) => LabelSet.From(map.Entries.Select(e => KeyValuePair.Create(e.Key, ((EstateScalar)e.Value).Text)));
}
