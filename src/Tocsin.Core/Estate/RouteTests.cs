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
        return [.. Tests(model.Route, model.Route.Name).SelectMany(t => Run(model, router.Value, reach, t.Test, t.Path, now))];
    }

    private static IEnumerable<RouteTestFailure> Run(
        EstateModel model, Router router, EstateReach reach, RouteTest test, string path, DateTimeOffset now)
    {
        var destinations = router.Decide(Subject(test.Labels)).Destinations;
        var wrongs = destinations.Select(d => Wrongs(model, reach, d, test, test.At ?? now).ToArray()).ToArray();

        // The nearest miss tells most.
        return wrongs.MinBy(w => w.Length)!.Select(text => new RouteTestFailure(test, path, text));
    }

    private static IEnumerable<string> Wrongs(EstateModel model, EstateReach reach, Destination destination, RouteTest test, DateTimeOffset at)
    {
        var policy = destination.Policy ?? Route.NoPolicy;
        var by = $"route {destination.Route}";
        if (test.ExpectPolicy is { } expected && expected != policy)
        {
            yield return $"expected policy {expected}, but {by} leads to {policy}";
        }

        if (test.ExpectFirstPage is null && test.ExpectWithin is null)
        {
            yield break;
        }

        var page = model.Policies.GetValueOrDefault(policy) is { } known ? reach.FirstPage(known, destination.Urgency, at + destination.GroupWait) : null;
        if (page is null)
        {
            yield return $"expected {test.ExpectFirstPage ?? "somebody"} to be paged, but {by} with policy {policy} pages nobody{At(test)}";
            yield break;
        }

        if (test.ExpectFirstPage is { } first && first != page.User)
        {
            yield return $"expected the first page to {first}, but policy {policy} pages {page.User} first{At(test)}";
        }

        var after = destination.GroupWait + page.After;
        if (test.ExpectWithin is { } within && after > within)
        {
            yield return $"expected a page within {DurationText.Format(within)}, but the first one, to {page.User}, comes after {DurationText.Format(after)}";
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
}
