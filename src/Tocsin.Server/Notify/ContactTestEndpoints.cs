using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Notify;

internal static class ContactTestEndpoints
{
    public static void MapContactTests(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Contact tests");
        group.MapPost("/channels/{name}/test", Channel).RequireAuthorization(Policies.Configure);
        group.MapPost("/users/{name}/contact/{method}/test", Contact).RequireAuthorization(Policies.Responder);
    }

    /// <summary>Sends a test message to a channel now and says what its provider answered. Nothing is retried.</summary>
    /// <param name="name">The channel.</param>
    internal static async Task<Results<Ok<ContactAnswer>, ProblemHttpResult>> Channel(
        string name, ClaimsPrincipal user, IEstates estates, ContactTester tester, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        return estate.Model.Channels.TryGetValue(name, out var channel)
            ? TypedResults.Ok(Of(await tester.TestAsync(estate, ContactTester.SubjectOf(name), name, channel, Caller.Of(user).Actor, ct)))
            : Error.NotFound("channel", name).ToProblem();
    }

    /// <summary>
    /// Sends a test message to somebody by one contact method now and says what its provider answered. Nothing is retried.
    /// Responders test their own, administrators anybody's.
    /// </summary>
    /// <param name="name">The user.</param>
    /// <param name="method">The name of the contact method.</param>
    internal static async Task<Results<Ok<ContactAnswer>, ProblemHttpResult>> Contact(
        string name, string method, ClaimsPrincipal user, IEstates estates, ContactTester tester, CancellationToken ct)
    {
        var (estate, caller) = (await estates.OfAsync(user, ct), Caller.Of(user));
        if (!caller.May(Policies.Configure) && caller.User != name)
        {
            return Error.Forbidden("Responders test their own contact methods; ask an administrator to test somebody else's.").ToProblem();
        }

        return estate.Model.Users.TryGetValue(name, out var person) && person.Contact.FirstOrDefault(c => c.Name == method) is { } contact
            ? TypedResults.Ok(Of(await tester.TestAsync(estate, ContactTester.SubjectOf(name, method), name, contact, caller.Actor, ct)))
            : Error.NotFound("contact method", $"{name}/{method}").ToProblem();
    }

    private static ContactAnswer Of(Providers.SendOutcome outcome)
    {
        var (kind, reason) = ContactTester.Say(outcome);
        return new(kind == ContactTester.Taken ? "sent" : "failed", reason);
    }
}
