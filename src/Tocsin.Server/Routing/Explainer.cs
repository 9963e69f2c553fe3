using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Sdk;

namespace Tocsin.Routing;

/// <summary>Says why somebody would be paged, with the same code that decides it.</summary>
internal sealed class Explainer(Database database, IncidentStore incidents, TurnStore turns, ContactProofs proofs)
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

        var known = await database.ReadAsync(session => proofs.ReadAsync(session, estate.Workspace), ct);
        var warnings = destinations.SelectMany(d => d.Steps).Where(s => s is { Pages.Count: 0, Skipped: false }).Select(s => $"Step {s.Step} reaches nobody: {s.Because}.")
            .Concat(destinations.Where(d => d.Steps.Count > 0 && d.Steps.All(s => s.Pages.Count == 0)).Select(d => $"Policy {d.Policy} pages nobody then: administrators are told."))
            .Concat(Unproved(estate, destinations, known, at))
            .Distinct(StringComparer.Ordinal);
        return new(Recorded: false, routes, destinations, estate.Silences.FirstMatch(subject, at)?.Id, [.. warnings]);
    }

    /// <summary>Who would be called and is not known to be reached by phone.</summary>
    private static IEnumerable<string> Unproved(EstateSnapshot estate, List<ExplainDestination> destinations, ProofBook known, DateTimeOffset at) =>
        destinations.SelectMany(d => d.Steps).SelectMany(s => s.Pages).Where(p => p.RecipientKind == "user").Select(p => p.Recipient).Distinct(StringComparer.Ordinal)
            .Select(user => estate.Model.Users.GetValueOrDefault(user) is { } person ? ReachWords.Warning(person, known, at) : null).OfType<string>();

    /// <summary>The steps of an incident's policy as they would go from its beginning.</summary>
    public Explanation Recorded(EstateSnapshot estate, IncidentState state) => new(
        Recorded: true, [new(state.Route, 0, "matched", "recorded when the incident began")],
        [
            new(state.Route, state.Policy.Name, state.Urgency.ToString().ToLowerInvariant(), state.Service, state.GroupLabels.ToDictionary(StringComparer.Ordinal), state.Number,
                [.. Steps(Foresight.Of(Begun(state), estate.Responders, state.CreatedAt), state, state.CreatedAt)])
            {
                PolicyRevision = state.PolicyRevision,
                PolicyChanged = PolicyVersion.IsOld(estate, state),
                HandedTo = state.HandedTo?.ToString(),
            },
        ],
        null, []);

    /// <summary>An incident as it was before anything was decided about it.</summary>
    private static IncidentState Begun(IncidentState state) => Hypothetical(state.Policy, state.Urgency, state.Priority, state.CreatedAt) with { HandedTo = state.HandedTo };

    private static IncidentState Hypothetical(Escalation.Policy policy, Urgency urgency, string? priority, DateTimeOffset at) =>
        new() { Number = 0, Title = "", Route = "", Policy = policy, Urgency = urgency, Priority = priority, CreatedAt = at, UpdatedAt = at };

    private static ExplainDestination Of(EstateSnapshot estate, Escalation.Responders responders, Destination destination, RouteSubject subject, long? joins, DateTimeOffset at)
    {
        var begun = Hypothetical(estate.Policy(destination.Policy), destination.Urgency, PriorityText.Read(subject.Labels[PriorityText.Label]), at);
        var group = destination.GroupBy is ["..."] ? subject.Labels : LabelSet.From(destination.GroupBy.Select(name => KeyValuePair.Create(name, subject.Value(name))));
        return new(
            destination.Path, destination.Policy ?? Route.NoPolicy, destination.Urgency.ToString().ToLowerInvariant(), destination.Service, group.ToDictionary(StringComparer.Ordinal), joins,
            [.. Steps(Foresight.Of(begun, responders, at + destination.GroupWait), begun, at)])
        {
            PolicyRevision = estate.Model.Revision,
        };
    }

    /// <summary>The steps as the escalation itself would take them, a line for each target.</summary>
    /// <param name="at">The instant that times are counted from.</param>
    private static IEnumerable<ExplainStep> Steps(IEnumerable<ForeseenStep> foreseen, IncidentState begun, DateTimeOffset at)
    {
        var count = 0;
        foreach (var step in foreseen.Where(s => !s.Again || s.Calls.Count > 0))
        {
            foreach (var target in begun.Policy.Steps[step.Step].Notify)
            {
                if (++count > MostSteps)
                {
                    yield break;
                }

                var (recipients, because) = step.Reach.Targets.FirstOrDefault(t => t.Target == target).Reached ?? new([], $"does not count then: {step.Reach.Skipped}");

                // Whom several targets of a step lead to stands with each, and is called once.
                var pages = step.Calls.Where(call => recipients.Any(r => r.Id == call.To.Id)).SelectMany(call => call.To.Rungs.Select(rung => new ExplainPage(call.To.Name, rung.Method.Name, rung.Method.Type, (call.DueAt(rung) - at).TotalSeconds)
                {
                    RecipientKind = call.To.Kind == Escalation.RecipientKind.User ? "user" : "channel",
                    Held = Held(call, rung, step.At),
                }));
                yield return new(step.Step + 1, step.Round, (step.At - at).TotalSeconds, target.ToString(), [.. pages], because) { Skipped = step.Reach.Skipped is not null };
            }
        }
    }

    private static string? Held(ForeseenCall call, Escalation.Rung rung, DateTimeOffset at) =>
        call.DueAt(rung) > call.StartsAt + rung.After || call.To.StartAt(at) > at ? $"quiet hours, {call.To.Quiet}"
        : call.Held is not null ? "called for the same less than a minute before"
        : null;

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
