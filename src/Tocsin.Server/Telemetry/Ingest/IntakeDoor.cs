using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>
/// Lets bodies of telemetry in, as many bytes at once as this node has memory for, and says in one place what a sender hears who must come again.
/// </summary>
internal sealed class IntakeDoor(TelemetryRoom room, TimeProvider clock)
{
    /// <summary>Of one body, packed and unpacked.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>What a body becomes on its way takes several times its bytes, and all else that a node does needs memory too.</summary>
    private const int MemoryPerByte = 16;

    private const int LeastBytes = 16 * 1024;
    private const int BusySeconds = 1;
    private const int AwaySeconds = 5;
    private const int FullSeconds = 60;
    private const string Advice = "Send fewer entries at once.";

    /// <summary>A body that takes longer keeps room from others.</summary>
    private static readonly TimeSpan _within = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, long> _held = [];
    private readonly long _mostBytes = MostBytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    private long _bytes;

    /// <summary>A refusal, in the words of the surface that was asked.</summary>
    public delegate IResult Refusing(int status, string detail);

    /// <summary>
    /// Of all bodies that are being read or wait for the store: eight of the largest, or fewer where there is little memory. Those of one workspace may take
    /// half of it, so that there is always room for those of others; one of the largest fits into that.
    /// </summary>
    /// <param name="memory">Bytes that this process may have.</param>
    public static long MostBytes(long memory) => Math.Clamp(memory / MemoryPerByte, 2L * MaxBodyBytes, 8L * MaxBodyBytes);

    /// <summary>Reads a body and answers what <paramref name="take"/> makes of it. Nothing is read when too much is under way, and nothing is lost: 503 with when to come again.</summary>
    public async Task<IResult> OpenAsync(HttpContext http, long workspace, Refusing refuse, Func<ReadOnlyMemory<byte>, Task<IResult>> take)
    {
        if (room.IsFull)
        {
            return Again(http, refuse, FullSeconds, $"Nothing was stored. {TelemetryRoom.Full}. Keep it, and send it again when there is room.");
        }

        var held = Math.Clamp(http.Request.ContentLength ?? MaxBodyBytes / 4, LeastBytes, MaxBodyBytes);
        if (!Hold(workspace, held))
        {
            return Busy(http, refuse);
        }

        try
        {
            var (body, refusal) = await ReadAsync(http);
            if (refusal is not null)
            {
                return refuse(refusal.Status, refusal.Detail);
            }

            var unpacked = Math.Max(0, body.Length - held);
            if (!Hold(workspace, unpacked))
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
            Release(workspace, held);
        }
    }

    private async Task<(ReadOnlyMemory<byte> Body, BodyRefusal? Refusal)> ReadAsync(HttpContext http)
    {
        using var late = new CancellationTokenSource(_within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, http.RequestAborted);
        try
        {
            return await RequestBody.ReadAsync(http.Request, MaxBodyBytes, either.Token, Advice);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            return (default, new(StatusCodes.Status408RequestTimeout, $"The body was not here within {_within.TotalSeconds:0} seconds; nothing was stored. {Advice}"));
        }
    }

    private bool Hold(long workspace, long bytes)
    {
        lock (_gate)
        {
            var own = _held.GetValueOrDefault(workspace);
            if (bytes > 0 && (_bytes + bytes > _mostBytes || own + bytes > _mostBytes / 2))
            {
                return false;
            }

            (_held[workspace], _bytes) = (own + bytes, _bytes + bytes);
            return true;
        }
    }

    private void Release(long workspace, long bytes)
    {
        lock (_gate)
        {
            _bytes -= bytes;
            if ((_held[workspace] -= bytes) == 0)
            {
                _held.Remove(workspace);
            }
        }
    }

    private static IResult Busy(HttpContext http, Refusing refuse) => Again(http, refuse, BusySeconds, "Nothing was stored: too much comes at once. Send it again in a second.");

    private static IResult Again(HttpContext http, Refusing refuse, int seconds, string detail)
    {
        http.Response.Headers.RetryAfter = $"{seconds}";
        return refuse(StatusCodes.Status503ServiceUnavailable, detail);
    }
}
