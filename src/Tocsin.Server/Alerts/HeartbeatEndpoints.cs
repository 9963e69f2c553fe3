using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>Where jobs say that they are alive: GET, HEAD or POST, answered with <c>OK</c> after it is durable.</summary>
internal static class HeartbeatEndpoints
{
    /// <summary>Of what a job has to say so much is kept.</summary>
    private const int MostOutput = 100_000;

    public static void MapHeartbeats(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/hb").AllowAnonymous().ExcludeFromDescription().WithMetadata(CountsItself.Instance);
        group.MapMethods("/{key}", [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post], (string key, HttpContext http, IEstates estates, HeartbeatDesk desk, RateLimits limits, CancellationToken ct) =>
            HearAsync(key, "", http, estates, desk, limits, ct));
        group.MapMethods("/{key}/{signal}", [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post], HearAsync);
    }

    public static string Address(string baseUrl, string key) => $"{baseUrl}/hb/{Uri.EscapeDataString(key)}";

    private static async Task<IResult> HearAsync(string key, string signal, HttpContext http, IEstates estates, HeartbeatDesk desk, RateLimits limits, CancellationToken ct)
    {
        if (await estates.FindSourceAsync(key, ct) is not { Source.Type: Heartbeat.Id } found)
        {
            return limits.OfStranger(http)?.Answer(http) ?? Text("There is no heartbeat with this key.", StatusCodes.Status404NotFound);
        }

        if (limits.OfSource(found.Estate.Workspace, found.Source.Name) is { } refused)
        {
            return refused.Answer(http);
        }

        if (Heartbeat.ReadWord(signal) is not { } word)
        {
            return Text("Use the address itself, or with /start, /fail, /log or an exit status from 0 to 255 behind it.", StatusCodes.Status404NotFound);
        }

        await desk.HearAsync(found.Estate, found.Source, signal, word, await OutputAsync(http.Request.Body, ct), ct);
        return Text("OK", StatusCodes.Status200OK);
    }

    /// <summary>The beginning of the body; the rest is left unread.</summary>
    private static async Task<ReadOnlyMemory<byte>> OutputAsync(Stream body, CancellationToken ct)
    {
        var output = new byte[MostOutput];
        return output.AsMemory(0, await body.ReadAtLeastAsync(output, MostOutput, throwOnEndOfStream: false, ct));
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult Text(string text, int status) => TypedResults.Text(text, "text/plain; charset=utf-8", statusCode: status);
}

/// <summary>Takes what a heartbeat says.</summary>
internal sealed class HeartbeatDesk(AlertReceiver receiver, SourceStore sources, Database database, TimeProvider clock)
{
    /// <summary>Notes the run first: a node that dies in between has not answered, and the sender says it again.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; it must be said again.</exception>
    public async Task HearAsync(EstateSnapshot estate, Source source, string signal, HeartbeatWord word, ReadOnlyMemory<byte> output, CancellationToken ct)
    {
        if (word != HeartbeatWord.Noted && Heartbeat.MaxRun(source) is not null)
        {
            await database.WriteAsync(
                async tx =>
                {
                    await tx.LockWorkspaceAsync(estate.Workspace);
                    await sources.SaveRunAsync(tx, estate.Workspace, source.Name, word == HeartbeatWord.Started ? clock.GetUtcNow() : null);
                },
                ct);
        }

        await receiver.ReceiveAsync(estate, source, Heartbeat.Delivery(signal, output.Span), _ => "", ct);
    }
}
