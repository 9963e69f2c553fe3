using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Hosting;
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
        group.MapPost("/me/contact/{method}/confirm", Confirm).RequireAuthorization(Policies.Responder)
            .WithMetadata(new Refuses(StatusCodes.Status409Conflict, "No test was sent by this method lately."));
        group.MapGet("/workspace/self-test", GetRules).RequireAuthorization(Policies.Viewer);
        group.MapPut("/workspace/self-test", PutRules).RequireAuthorization(Policies.Admin);
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
    /// Sends a test to somebody by one contact method now and says what its provider answered. Nothing is retried. The test asks to be answered: then
    /// the method counts as one that reaches them.
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
            ? TypedResults.Ok(Of(await tester.TestAsync(estate, person, contact, caller.Actor, ct)))
            : Error.NotFound("contact method", $"{name}/{method}").ToProblem();
    }

    /// <summary>Says that the last test of one of the caller's own contact methods reached them; so do the link, button, reply or key in it. Idempotent.</summary>
    /// <param name="method">The name of the contact method.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Confirm(string method, ClaimsPrincipal user, SelfTestDesk desk, CancellationToken ct)
    {
        var confirmed = await desk.ConfirmAsync(Caller.Of(user), method, ct);
        return confirmed.Ok ? TypedResults.NoContent() : confirmed.Error.ToProblem();
    }

    /// <summary>Whether contact methods are tested each month, and from which day on.</summary>
    internal static async Task<Ok<SelfTestView>> GetRules(ClaimsPrincipal user, SelfTestDesk desk, CancellationToken ct) =>
        TypedResults.Ok(Of(await desk.OfAsync(Caller.Of(user).Workspace, ct)));

    /// <summary>
    /// Changes whether contact methods are tested each month. From that day on each gets one test that asks to be answered: between 09:00 and 20:00 in
    /// the person's zone, not in their quiet hours, not while an incident of theirs is open, within seven days. Idempotent.
    /// </summary>
    internal static async Task<Results<Ok<SelfTestView>, ProblemHttpResult>> PutRules(SelfTestView body, ClaimsPrincipal user, SelfTestDesk desk, CancellationToken ct) =>
        body.Enabled && SelfTestRules.Fault(body.Day) is { } fault
            ? fault.ToProblem()
            : TypedResults.Ok(Of(await desk.SetAsync(Caller.Of(user), new(body.Enabled ? body.Day : 0), ct)));

    private static SelfTestView Of(SelfTestRules rules) => new(rules.Day > 0, rules.Day > 0 ? rules.Day : 1);

    private static ContactAnswer Of(Providers.SendOutcome outcome)
    {
        var (kind, reason) = ContactTester.Say(outcome);
        return new(kind == ContactTester.Taken ? "sent" : "failed", reason);
    }
}
