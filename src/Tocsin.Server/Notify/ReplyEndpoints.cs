using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Providers;

namespace Tocsin.Notify;

internal static class ReplyEndpoints
{
    /// <summary>What Slack sends holds the whole message that was answered.</summary>
    private const int MaxBytes = 256 * 1024;

    /// <summary>Where other systems send what people answer there. The key in the address says whose workspace it is; each system proves by itself that it is the one.</summary>
    public static void MapReplies(this IEndpointRouteBuilder routes) => routes.MapPost("/reply/{provider}/{key}", Take)
        .AllowAnonymous().WithTags("Replies").WithMetadata(CountsItself.Instance)
        .WithMetadata(new TakesBody("application/octet-stream", "What the provider sends when somebody answers."))
        .Produces<string>(StatusCodes.Status200OK, "text/plain")
        .WithMetadata(new Refuses(StatusCodes.Status400BadRequest, "The provider's signature is right, but what it sent could not be read. Nothing was changed."))
        .WithMetadata(new Refuses(StatusCodes.Status401Unauthorized, "The address is not one of ours, or the provider's signature is wrong. Nothing was changed."));

    /// <summary>Takes what somebody answered in a chat system or on a phone, in the provider's own form.</summary>
    /// <remarks>Whoever has the account acts, with their own rights. A repeated delivery changes nothing. The answer has the form that the provider expects.</remarks>
    /// <param name="provider">The system, such as slack.</param>
    /// <param name="key">Belongs to one workspace and one provider; the provider is told the address, or the channel's page shows it.</param>
    internal static async Task<IResult> Take(
        string provider, string key, HttpContext http, ReplySourceRegistry sources, PublicLinks links, IEstates estates, ReplyDesk desk, RateLimits limits, TimeProvider clock,
        CancellationToken ct)
    {
        if (sources.Find(provider) is not { } source || links.ReadReplyKey(provider, key) is not { } grant || await estates.FindAsync(grant.Workspace, ct) is not { } estate)
        {
            return limits.OfStranger(http)?.ToProblem(http) ?? Problems.Unauthorized();
        }

        if (limits.OfSource(grant.Workspace, $"reply/{provider}") is { } refused)
        {
            return refused.ToProblem(http);
        }

        var (body, refusal) = await RequestBody.ReadAsync(http.Request, MaxBytes, ct);
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var request = new ReplyRequest
        {
            Estate = estate,
            Page = grant.PageId,
            Url = links.Reply(provider, grant.Workspace, grant.PageId) is { } url ? new($"{url.AbsoluteUri}{http.Request.QueryString}") : null,
            ContentType = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) ? type.MediaType.ToString().ToLowerInvariant() : "",
            Body = body,
            Headers = name => http.Request.Headers[name].ToString(),
            ReceivedAt = clock.GetUtcNow(),
        };
        var read = await source.ReadAsync(request, ct);
        if (!read.Ok)
        {
            return read.Error.Kind == ErrorKind.Forbidden
                ? limits.OfStranger(http)?.ToProblem(http) ?? Problems.Of(StatusCodes.Status401Unauthorized, "reply.refused", read.Error.Detail)
                : Problems.Of(StatusCodes.Status400BadRequest, "reply.unreadable", read.Error.Detail);
        }

        var outcomes = await desk.ActAsync(estate, source, read.Value, grant.PageId, ct);
        var answer = await source.AnswerAsync(request, read.Value, outcomes, ct);
        return Results.Text(answer.Body, answer.ContentType, statusCode: answer.Status);
    }
}
