using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>Reads policies, the conditions of their steps, and quiet hours from checked maps.</summary>
internal sealed class EscalationReader(List<EstateFault> faults)
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromMinutes(5);

    public Policy ReadPolicy(EstateMap map, string path) => new(map.Text("name"), [.. EstateReader.Maps(map, "steps", path).Select(step => ReadStep(step.Map, step.Path))], map.Whole("repeat") ?? 0)
    {
        RepageAfter = map.Duration("repage_after"),
    };

    private PolicyStep ReadStep(EstateMap map, string path)
    {
        IReadOnlyList<Target> targets = [.. map.Texts("notify").Select(t => Target.TryParse(t, out var target) ? target : throw new FormatException(t))];
        if (map.Flag("round_robin") && targets.All(t => t.Kind != TargetKind.Team))
        {
            Fault(map.Find("round_robin")!, $"{path}.round_robin", "the step notifies no team whose members could take turns");
        }

        return new(targets, map.Duration("wait") ?? map.Duration("ack_within") ?? DefaultWait)
        {
            When = map.Find("when") is EstateMap when ? ReadCondition(when, $"{path}.when") : null,
            RoundRobin = map.Flag("round_robin"),
        };
    }

    private StepCondition ReadCondition(EstateMap map, string path)
    {
        if (map.Entries.Count == 0 || (map.Entries.Count == 1 && map.Find("time_zone") is not null))
        {
            Fault(map, path, "the condition asks for nothing; give urgency, priority, days or between");
        }

        return new()
        {
            Urgency = map.TextOrNull("urgency") is { } urgency ? Enum.Parse<Urgency>(urgency, ignoreCase: true) : null,
            Priorities = [.. map.Texts("priority").Select(p => PriorityText.Read(p) ?? p)],
            Hours = ReadWindow(map, path, map.TextOrNull("time_zone"), "give it here"),
        };
    }

    public QuietHours? ReadQuiet(EstateMap map, string path, string? zone)
    {
        if (ReadWindow(map, path, map.TextOrNull("time_zone") ?? zone, "give it here or to the user") is not { } window)
        {
            return null;
        }

        if (window.From == window.To)
        {
            Fault(map.Find("between")!, $"{path}.between", "quiet hours of a whole day never end; give less than a day", map.Text("between"));
        }

        return new(window, map.Flag("high_too"));
    }

    /// <summary>The days and hours of a map, if it has any.</summary>
    private DayWindow? ReadWindow(EstateMap map, string path, string? zone, string where)
    {
        var (between, days) = (map.TextOrNull("between"), map.TextOrNull("days"));
        if (between is null && days is null)
        {
            return null;
        }

        if (zone is null)
        {
            Fault(map, path, $"days and hours need a \"time_zone\"; {where}");
            return null;
        }

        // The table has checked it; without hours it is the whole day.
        _ = BetweenText.TryParse(between ?? "00:00-00:00", out var from, out var to);
        return new() { From = from, To = to, Days = days is not null && DayText.TryParse(days, out var read) ? read : [], TimeZone = zone };
    }

    private void Fault(EstateNode node, string path, string text, string? value = null) => faults.Add(EstateFault.Error(node.Mark, path, text, value));
}
