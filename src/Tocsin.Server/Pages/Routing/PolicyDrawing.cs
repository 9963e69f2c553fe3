using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Routing;

namespace Tocsin.Pages;

/// <summary>Draws policies on a time axis, with whom they reach at an instant.</summary>
internal static class PolicyDrawing
{
    private const int MostRounds = 6;
    private const int MostAgain = 5;
    private const int Slots = 48;

    public static PolicyTimeline Draw(Policy policy, EstateSnapshot estate, DateTimeOffset now)
    {
        var round = policy.Steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Wait);
        var drawn = Math.Min(policy.Rounds, MostRounds);
        List<PolicyMoment> steps = [];
        List<(TimeSpan At, PolicyStep Step)> starts = [];
        var after = TimeSpan.Zero;
        foreach (var step in policy.Steps)
        {
            steps.Add(new(
                steps.Count + 1, After(after), Again(policy, after, round), [.. step.Notify.Select(t => TargetOf(t, step, estate, now))], step.When?.ToString(),
                step.When?.Hours is { } hours && !hours.Contains(now) ? $"it is not {hours} now" : null, step.Wait == TimeSpan.Zero ? null : Words.Span(step.Wait)));
            starts.Add((after, step));
            after += step.Wait;
        }

        return new()
        {
            Name = policy.Name,
            Steps = steps,
            Bars = round == TimeSpan.Zero ? [] : [.. Enumerable.Range(0, drawn).SelectMany(r => starts.Select((s, i) => Bar(s.At + (r * round), s.Step.Wait, round * drawn, i + 1, r + 1)))],
            MoreRounds = policy.Rounds - drawn,
            Ends = [.. Ends(policy, round)],
            Routes = [.. Names(estate.Model.Route, policy.Name)],
            Services = [.. estate.Model.Services.Values.Where(s => (s.Policy ?? estate.Model.Route.Policy) == policy.Name).Select(s => s.Name).Order(StringComparer.Ordinal)],
        };
    }

    private static PolicyBar Bar(TimeSpan at, TimeSpan wait, TimeSpan total, int step, int round)
    {
        var from = Math.Min((int)(at / total * Slots), Slots - 1);
        var to = Math.Max((int)((at + wait) / total * Slots), from + 1);
        return new(from, to, step, at == TimeSpan.Zero ? "0" : Words.Span(at), $"{After(at)}: step {step}{(round > 1 ? $", round {round}" : "")}");
    }

    private static IEnumerable<PolicyEnd> Ends(Policy policy, TimeSpan round)
    {
        if (policy.Repeat > 0)
        {
            yield return new(After(round), policy.Repeat == 1 ? "Once more from the start." : $"Again from the start, {policy.Repeat} times more.");
        }

        yield return new(After(round * policy.Rounds), "Nobody answered: the administrators are told, again and again.");
        if (policy.RepageAfter is { } rest)
        {
            yield return new($"{Words.Span(rest)} after an acknowledgement", "Whoever has it is reminded when nothing happened; then it begins again.");
        }
    }

    private static string After(TimeSpan after) => after == TimeSpan.Zero ? "at once" : $"after {Words.Span(after)}";

    private static string? Again(Policy policy, TimeSpan after, TimeSpan round)
    {
        var times = Enumerable.Range(1, Math.Min(policy.Repeat, MostAgain)).Select(r => Words.Span(after + (r * round))).ToArray();
        return times.Length == 0 || round == TimeSpan.Zero ? null : $"{string.Join(", ", times)}{(policy.Repeat > MostAgain ? " and so on" : "")}";
    }

    private static PolicyTarget TargetOf(Target target, PolicyStep step, EstateSnapshot estate, DateTimeOffset now)
    {
        var reached = estate.Responders.Resolve(target, Urgency.High, now);
        var schedule = target.Kind == TargetKind.Schedule ? estate.Schedules.GetValueOrDefault(target.Name) : null;
        var until = schedule?.At(now).Until;
        var path = Uri.EscapeDataString(target.Name);
        return new(
            step.RoundRobin && target.Kind == TargetKind.Team ? "one of team" : target.Kind.ToString().ToLowerInvariant(), target.Name,
            target.Kind switch { TargetKind.Schedule => $"/schedules/{path}", TargetKind.Team => $"/teams#t-{path}", TargetKind.Channel => "/channels", _ => "/users" },
            [.. reached.Recipients.Select(r => r.Name)], reached.Because, until, until is { } at ? schedule!.At(at).Users : []);
    }

    private static IEnumerable<string> Names(Route route, string policy) =>
        (route.Policy == policy ? [route.Name] : Array.Empty<string>()).Concat(route.Routes.SelectMany(r => Names(r, policy)));
}
