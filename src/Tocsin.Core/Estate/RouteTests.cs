using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Estate;

/// <summary>A test whose expectation does not hold.</summary>
/// <param name="Path">The names of the routes from the root to the one that has the test, and the test's place there: <c>root/checkout.tests[0]</c>.</param>
/// <param name="Text">What was expected and what would happen instead, with the route that decides; without a full stop.</param>
public sealed record RouteTestFailure(RouteTest Test, string Path, string Text);

/// <summary>Runs the tests that stand beside the routes.</summary>
public static class RouteTests
{
    /// <summary>
    /// All expectations that do not hold, in the order of the tree. An alert that several routes take passes when one of them does all that is
    /// expected.
    /// </summary>
    /// <param name="now">The instant for tests that name none, UTC.</param>
    /// <exception cref="ArgumentException">The model's routing tree cannot be compiled; the estate's compiler would have refused it.</exception>
    public static IReadOnlyList<RouteTestFailure> Run(EstateModel model, DateTimeOffset now)
    {
        var router = Router.Compile(model.Route, model.Services);
        if (!router.Ok)
        {
            throw new ArgumentException(router.Error.Detail, nameof(model));
        }

        var reach = new EstateReach(model);
        var mutes = new Mutes(SilenceSet.Compile([.. model.Silences, .. model.Maintenance]), InhibitionSet.Compile(model.Inhibitions));
        return [.. Tests(model.Route, model.Route.Name).SelectMany(t => Run(model, router.Value, reach, mutes, t.Test, t.Path, now))];
    }

    private static IEnumerable<RouteTestFailure> Run(
        EstateModel model, Router router, EstateReach reach, Mutes mutes, RouteTest test, string path, DateTimeOffset now)
    {
        var (subject, at) = (Subject(test.Labels), test.At ?? now);
        var destinations = router.Decide(subject).Destinations;
        var mute = mutes.Of(subject, destinations, [.. test.While.Select(Subject)], at);
        if (test.ExpectMutedBy is { } expected && mute?.Name != expected)
        {
            yield return new(test, path, $"expected it to be muted by {expected}, but {(mute is { } other ? $"{other} mutes it" : "nothing mutes it")}{At(test)}");
        }

        if (mute is { } muted)
        {
            // Its policy still holds for the time after; nobody is paged now.
            if (test.ExpectPolicy is { } policy && destinations.All(d => (d.Policy ?? Route.NoPolicy) != policy))
            {
                yield return new(test, path, $"expected policy {policy}, but route {destinations[0].Route} leads to {destinations[0].Policy ?? Route.NoPolicy}");
            }

            if (test.ExpectFirstPage is not null || test.ExpectWithin is not null || test.ExpectBy is not null || test.ExpectSteps.Count > 0)
            {
                yield return new(test, path, $"expected {test.ExpectFirstPage ?? "somebody"} to be paged, but {muted} mutes it{At(test)}");
            }

            yield break;
        }

        var wrongs = destinations.Select(d => Wrongs(model, reach, d, test, at).ToArray()).ToArray();

        // The nearest miss tells most.
        foreach (var text in wrongs.MinBy(w => w.Length)!)
        {
            yield return new(test, path, text);
        }
    }

    private static IEnumerable<string> Wrongs(EstateModel model, EstateReach reach, Destination destination, RouteTest test, DateTimeOffset at)
    {
        var policy = destination.Policy ?? Route.NoPolicy;
        var by = $"route {destination.Route}";
        if (test.ExpectPolicy is { } expected && expected != policy)
        {
            yield return $"expected policy {expected}, but {by} leads to {policy}";
        }

        foreach (var wrong in StepWrongs(model, reach, destination, policy, test, at))
        {
            yield return wrong;
        }

        if (test is { ExpectFirstPage: null, ExpectWithin: null, ExpectBy: null, ExpectNobody: false })
        {
            yield break;
        }

        var page = model.Policies.GetValueOrDefault(policy) is { } known ? reach.FirstPage(known, destination.Urgency, PriorityText.Read(test.Labels[PriorityText.Label]), at + destination.GroupWait) : null;
        if (test.ExpectNobody)
        {
            if (page is not null)
            {
                yield return $"expected nobody to be paged, but policy {policy} pages {page.User}{At(test)}";
            }

            yield break;
        }

        if (page is null)
        {
            yield return $"expected {test.ExpectFirstPage ?? "somebody"} to be paged, but {by} with policy {policy} pages nobody{At(test)}";
            yield break;
        }

        if (test.ExpectFirstPage is { } first && first != page.User)
        {
            yield return $"expected the first page to {first}, but policy {policy} pages {page.User} first{At(test)}";
        }

        if (test.ExpectBy is { } channel && page.Method.Name != channel && page.Method.Type != channel)
        {
            yield return $"expected the first page to come by {channel}, but {page.User} gets it by {page.Method.Name} ({page.Method.Type}){At(test)}";
        }

        var after = destination.GroupWait + page.After;
        if (test.ExpectWithin is { } within && after > within)
        {
            yield return $"expected a page within {DurationText.Format(within)}, but the first one, to {page.User}, comes after {DurationText.Format(after)}";
        }
    }

    private static IEnumerable<string> StepWrongs(EstateModel model, EstateReach reach, Destination destination, string policy, RouteTest test, DateTimeOffset at)
    {
        if (test.ExpectSteps.Count == 0)
        {
            yield break;
        }

        var steps = model.Policies.GetValueOrDefault(policy) is { } known ? reach.Steps(known, destination.Urgency, PriorityText.Read(test.Labels[PriorityText.Label]), at + destination.GroupWait) : [];
        foreach (var expected in test.ExpectSteps)
        {
            if (expected.Step > steps.Count)
            {
                yield return $"expected step {expected.Step} to reach {expected.Reaches}, but policy {policy} has {(steps.Count == 1 ? "1 step" : $"{steps.Count} steps")}";
            }
            else if (steps[expected.Step - 1] is var step && !step.Recipients.Contains(expected.Reaches))
            {
                yield return $"expected step {expected.Step} to reach {expected.Reaches}, but it reaches {(step.Recipients.Count == 0 ? "nobody" : string.Join(", ", step.Recipients))} ({step.Because}){At(test)}";
            }
        }
    }

    private static string At(RouteTest test) => test.At is { } at ? $" at {at:yyyy-MM-dd'T'HH:mm}Z" : "";

    /// <summary>The alert that has these labels and nothing else.</summary>
    private static RouteSubject Subject(LabelSet labels) => new(
        labels,
        SeverityWords.Read(labels["severity"]),
        OrNull(labels["service"]),
        OrNull(labels["environment"]) ?? OrNull(labels["env"]),
        labels["source"]);

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static IEnumerable<(RouteTest Test, string Path)> Tests(Route route, string path) =>
        route.Tests.Select((test, i) => (test, $"{path}.tests[{i}]"))
            .Concat(route.Routes.SelectMany(child => Tests(child, $"{path}/{child.Name}")));

    /// <summary>What mutes an alert, worked out from the estate alone: silences that people made are not in it.</summary>
    private sealed record Mutes(SilenceSet Silences, InhibitionSet Inhibitions)
    {
        /// <param name="others">What fires besides.</param>
        public Muting? Of(RouteSubject subject, IReadOnlyList<Destination> destinations, IReadOnlyList<RouteSubject> others, DateTimeOffset at)
        {
            if (Silences.FirstMatch(subject, at) is { } silence)
            {
                return new(silence.Kind.ToString().ToLowerInvariant(), silence.Id);
            }

            var there = destinations.Select(d => d.Service is null ? null : Silences.FirstMatch(subject with { Service = d.Service }, at)).ToArray();
            if (there is [{ } first, ..] && Array.TrueForAll(there, s => s is not null))
            {
                return new(first.Kind.ToString().ToLowerInvariant(), first.Id);
            }

            foreach (var place in Inhibitions.PlacesOf(subject))
            {
                if (others.Any(other => Inhibitions.PlacesOf(other).Any(source => source.Key == place.Key && place.IsMutedBy(source.Side))))
                {
                    return new("inhibition", place.Rule.Name);
                }
            }

            return null;
        }
    }

    private readonly record struct Muting(string Kind, string Name)
    {
        public override string ToString() => $"{Kind} {Name}";
    }
}
