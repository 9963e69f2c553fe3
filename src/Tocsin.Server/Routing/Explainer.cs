using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Sdk;

namespace Tocsin.Routing;

/// <summary>Says why somebody would be paged, with the same code that decides it.</summary>
internal sealed class Explainer(Database database, IncidentStore incidents, TurnStore turns)
{
    private const int MostSteps = 40;

    /// <summary>What matchers would see of an alert with these labels and nothing else.</summary>
    public static RouteSubject SubjectOf(LabelSet labels) => new(
        labels, SeverityWords.Read(labels["severity"]) is var read and not Severity.Unset ? read : Severity.High, First(labels, "service", "app", "job"),
        First(labels, "env", "environment"), labels["source"], null);

    public async Task<Explanation> ExplainAsync(EstateSnapshot estate, RouteSubject subject, DateTimeOffset at, CancellationToken ct)
    {
        var decision = estate.Router.Explain(subject);
        List<ExplainRoute> routes = [];
        Flatten(decision.Trace!, 0, routes);
        List<ExplainDestination> destinations = [];
        foreach (var destination in decision.Destinations)
        {
            var newest = await database.ReadAsync(session => incidents.NewestOfGroupAsync(session, estate.Workspace, destination.Group.Hash), ct);
            var policy = estate.Policy(destination.Policy);
            var responders = policy.Steps.Any(s => s.RoundRobin)
                ? estate.Responders.With(await database.ReadAsync(session => turns.OfAsync(session, estate.Workspace, policy.Name), ct))
                : estate.Responders;
            destinations.Add(Of(estate, responders, destination, subject, newest is { IsOpen: true } ? newest.Number : null, at));
        }

        var warnings = destinations.SelectMany(d => d.Steps).Where(s => s is { Pages.Count: 0, Skipped: false }).Select(s => $"Step {s.Step} reaches nobody: {s.Because}.")
            .Concat(destinations.Where(d => d.Steps.Count > 0 && d.Steps.All(s => s.Pages.Count == 0)).Select(d => $"Policy {d.Policy} pages nobody then: administrators are told."))
            .Distinct(StringComparer.Ordinal);
        return new(Recorded: false, routes, destinations, estate.Silences.FirstMatch(subject, at)?.Id, [.. warnings]);
    }

    /// <summary>The steps of an incident's policy as they would go from its beginning.</summary>
    public Explanation Recorded(EstateSnapshot estate, IncidentState state) => new(
        Recorded: true, [new(state.Route, 0, "matched", "recorded when the incident began")],
        [
            new(state.Route, state.Policy.Name, state.Urgency.ToString().ToLowerInvariant(), state.Service, state.GroupLabels.ToDictionary(StringComparer.Ordinal), state.Number,
                [.. Steps(estate.Responders, state.Policy, state.Urgency, state.Priority, TimeSpan.Zero, state.CreatedAt)])
            {
                PolicyRevision = state.PolicyRevision,
                PolicyChanged = PolicyVersion.IsOld(estate, state),
                HandedTo = state.HandedTo?.ToString(),
            },
        ],
        null, []);

    private static ExplainDestination Of(EstateSnapshot estate, Escalation.Responders responders, Destination destination, RouteSubject subject, long? joins, DateTimeOffset at)
    {
        var group = destination.GroupBy is ["..."] ? subject.Labels : LabelSet.From(destination.GroupBy.Select(name => KeyValuePair.Create(name, subject.Value(name))));
        return new(
            destination.Path, destination.Policy ?? Route.NoPolicy, destination.Urgency.ToString().ToLowerInvariant(), destination.Service, group.ToDictionary(StringComparer.Ordinal), joins,
            [.. Steps(responders, estate.Policy(destination.Policy), destination.Urgency, PriorityText.Read(subject.Labels[PriorityText.Label]), destination.GroupWait, at)])
        {
            PolicyRevision = estate.Model.Revision,
        };
    }

    private static IEnumerable<ExplainStep> Steps(
        Escalation.Responders responders, Escalation.Policy policy, Urgency urgency, string? priority, TimeSpan wait, DateTimeOffset at)
    {
        var (after, count) = (wait, 0);
        for (var round = 1; round <= policy.Rounds; round++)
        {
            for (var step = 0; step < policy.Steps.Count; step++)
            {
                var now = at + after;
                var reach = Escalation.StepReach.Of(responders, policy.Name, step, policy.Steps[step], urgency, priority, now);
                foreach (var target in policy.Steps[step].Notify)
                {
                    if (++count > MostSteps)
                    {
                        yield break;
                    }

                    var (recipients, because) = reach.Targets.FirstOrDefault(t => t.Target == target).Reached ?? new([], $"does not count then: {reach.Skipped}");
                    var pages = recipients.SelectMany(r => r.Rungs.Select(rung => new ExplainPage(r.Name, rung.Method.Name, rung.Method.Type, (r.DueAt(now, rung) - at).TotalSeconds)));
                    yield return new(step + 1, round, after.TotalSeconds, target.ToString(), [.. pages], because) { Skipped = reach.Skipped is not null };
                }

                // A step that reaches nobody is passed at once; one whose people all have quiet hours waits for them.
                after += reach.Recipients.Count > 0 ? reach.Recipients.Min(r => r.To.StartAt(now)) - now + policy.Steps[step].Wait : TimeSpan.Zero;
            }
        }
    }

    private static void Flatten(RouteTrace trace, int depth, List<ExplainRoute> routes)
    {
        var (outcome, reason) = trace.Verdict switch
        {
            RouteVerdict.Matched => ("matched", trace.Checks.Count == 0 ? "takes everything" : string.Join(", ", trace.Checks)),
            RouteVerdict.Refused => ("failed", trace.Failed!.ToString()),
            _ => ("not_reached", "an earlier route took it"),
        };
        routes.Add(new(trace.Route, depth, outcome, reason));
        foreach (var child in trace.Routes)
        {
            Flatten(child, depth + 1, routes);
        }
    }

    private static string? First(LabelSet labels, params string[] names) => names.Select(name => labels[name]).FirstOrDefault(value => value.Length > 0);
}
