using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>The webhook of the alert pipeline, with the answers that its senders know: <c>ok</c>, <c>unauthorized</c>, <c>error</c>. A header's token admits, and says which source it is.</summary>
internal static class PipelineEndpoints
{
    private static readonly ConditionalWeakTable<Source, HeaderTokens> _tokens = [];

    public static void MapPipeline(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription().WithMetadata(CountsItself.Instance);
        group.MapPost("/external-alerts-webhook", Webhook);
        group.MapPost("/webhook", Webhook);
    }

    /// <summary>Whatever was sent is stored before the answer, also what cannot be read: it is kept as rejected, so the sender need not send it again.</summary>
    private static async Task<IResult> Webhook(
        HttpContext http, EstateCache estates, AlertReceiver receiver, RateLimits limits, IOptions<IngestOptions> options, CancellationToken ct)
    {
        string Header(string name) => http.Request.Headers[name].ToString();
        try
        {
            var sources = await estates.OfTypeAsync(AlertPipeline.Id, ct);
            (EstateSnapshot Estate, Source Source)? admitted = null;
            var tokens = 0;
            foreach (var candidate in sources)
            {
                var map = _tokens.GetValue(candidate.Source, static source => HeaderTokens.Read(source.Settings.GetValueOrDefault(AlertPipeline.TokensKey) ?? "{}").Value ?? HeaderTokens.None);
                tokens += map.Count;
                if (map.Admits(Header))
                {
                    admitted ??= candidate;
                }
            }

            if (admitted is not { } found)
            {
                return limits.OfStranger(http)?.Answer(http)
                    ?? (sources.Count > 0 && tokens == 0 ? Plain(StatusCodes.Status500InternalServerError, "error") : Plain(StatusCodes.Status401Unauthorized, "unauthorized"));
            }

            if (limits.OfSource(found.Estate.Workspace, found.Source.Name) is { } refused)
            {
                return refused.Answer(http);
            }

            var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, ct);
            if (refusal is not null)
            {
                return Plain(refusal.Status, "error");
            }

            var result = await receiver.ReceiveAsync(found.Estate, found.Source, body.IsEmpty && http.Request.ContentLength is null ? "{}"u8.ToArray() : body, Header, ct);
            return result.Ok ? Plain(StatusCodes.Status200OK, "ok") : result.Error.Kind == ErrorKind.Unavailable ? Broken(http) : Plain(Problems.StatusOf(result.Error), "error");
        }
        catch (StoreUnavailableException)
        {
            return Broken(http);
        }
    }

    /// <summary>What the pipeline answers to whatever fails, and not 503 as other routes do: senders that know it look for 500. When to send again it says all the same.</summary>
    private static ContentHttpResult Broken(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "5";
        return Plain(StatusCodes.Status500InternalServerError, "error");
    }

    private static ContentHttpResult Plain(int status, string text) => TypedResults.Text(text, "text/plain", statusCode: status);
}
