using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>
/// Lets bodies of telemetry in, as many bytes at once as this node has memory for, and says in one place what a sender hears who must come again.
/// </summary>
internal sealed class IntakeDoor(TelemetryRoom room)
{
    /// <summary>Of one body, packed and unpacked.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Of all bodies that are being read or wait for the store.</summary>
    private const long MostBytes = 8L * MaxBodyBytes;

    private const int LeastBytes = 16 * 1024;
    private const int BusySeconds = 1;
    private const int AwaySeconds = 5;
    private const int FullSeconds = 60;
    private const string Advice = "Send fewer entries at once.";

    private long _bytes;

    /// <summary>A refusal, in the words of the surface that was asked.</summary>
    public delegate IResult Refusing(int status, string detail);

    /// <summary>Reads a body and answers what <paramref name="take"/> makes of it. Nothing is read when too much is under way, and nothing is lost: 503 with when to come again.</summary>
    public async Task<IResult> OpenAsync(HttpContext http, Refusing refuse, Func<ReadOnlyMemory<byte>, Task<IResult>> take)
    {
        if (room.IsFull)
        {
            return Again(http, refuse, FullSeconds, $"Nothing was stored. {TelemetryRoom.Full}. Keep it, and send it again when there is room.");
        }

        var held = Math.Clamp(http.Request.ContentLength ?? MaxBodyBytes / 4, LeastBytes, MaxBodyBytes);
        if (!Hold(held))
        {
            return Busy(http, refuse);
        }

        try
        {
            var (body, refusal) = await RequestBody.ReadAsync(http.Request, MaxBodyBytes, http.RequestAborted, Advice);
            if (refusal is not null)
            {
                return refuse(refusal.Status, refusal.Detail);
            }

            var unpacked = Math.Max(0, body.Length - held);
            if (!Hold(unpacked))
            {
                return Busy(http, refuse);
            }

            held += unpacked;
            return await take(body);
        }
        catch (StoreUnavailableException)
        {
            return Again(http, refuse, AwaySeconds, "Nothing was stored: the store of logs and metrics is away or behind. Send it again in a few seconds.");
        }
        finally
        {
            Interlocked.Add(ref _bytes, -held);
        }
    }

    private bool Hold(long bytes)
    {
        if (bytes == 0 || Interlocked.Add(ref _bytes, bytes) <= MostBytes)
        {
            return true;
        }

        Interlocked.Add(ref _bytes, -bytes);
        return false;
    }

    private static IResult Busy(HttpContext http, Refusing refuse) => Again(http, refuse, BusySeconds, "Nothing was stored: too much comes at once. Send it again in a second.");

    private static IResult Again(HttpContext http, Refusing refuse, int seconds, string detail)
    {
        http.Response.Headers.RetryAfter = $"{seconds}";
        return refuse(StatusCodes.Status503ServiceUnavailable, detail);
    }
}
