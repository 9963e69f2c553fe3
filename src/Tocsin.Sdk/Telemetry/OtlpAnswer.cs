using System.Net;
using System.Text;

namespace Tocsin.Sdk.Telemetry;

internal enum OtlpVerdict
{
    Accepted,

    /// <summary>Nobody there, or too busy: worth waiting for.</summary>
    Away,

    /// <summary>Somebody answered, and not well: worth a few tries.</summary>
    Failed,

    TooLarge,

    /// <summary>Will not be taken however often it is sent.</summary>
    Refused,
}

/// <summary>What an answer means for the entries of its request.</summary>
/// <param name="Says">For whoever runs the program.</param>
/// <param name="RetryAfter">How long the server asks to wait; at most five minutes.</param>
/// <param name="Rejected">How many entries the server left out.</param>
internal readonly record struct OtlpAnswer(OtlpVerdict Verdict, string Says = "", TimeSpan? RetryAfter = null, long Rejected = 0)
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(5);

    public static OtlpAnswer Of(HttpResponseMessage response, byte[] body, DateTimeOffset now)
    {
        var says = $"{response.RequestMessage?.RequestUri?.Authority} answered {(int)response.StatusCode}";
        var isOurs = response.Content.Headers.ContentType?.MediaType is "application/x-protobuf";
        if (response.IsSuccessStatusCode)
        {
            return (isOurs || body.Length == 0) && PartOf(body) is (var rejected, var why)
                ? new(OtlpVerdict.Accepted, why, Rejected: rejected)
                : new(OtlpVerdict.Failed, $"{says}, but not as Tocsin does; is the address right?");
        }

        says += isOurs && StatusMessage(body) is { Length: > 0 } detail ? $": {detail}" : "";
        return response.StatusCode switch
        {
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout => new(OtlpVerdict.Away, says, WaitOf(response, now)),
            HttpStatusCode.RequestEntityTooLarge => new(OtlpVerdict.TooLarge, says),
            >= HttpStatusCode.InternalServerError => new(OtlpVerdict.Failed, says, WaitOf(response, now)),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest =>
                new(OtlpVerdict.Refused, $"{says} and sends to {response.Headers.Location}; that must be the address"),
            _ => new(OtlpVerdict.Refused, says),
        };
    }

    /// <summary>How long to wait after a failed attempt: doubles from the first, varies by half, and is never less than what the server asked for.</summary>
    /// <param name="attempt">From 1.</param>
    /// <param name="chance">0 to 1.</param>
    public static TimeSpan Pause(int attempt, TimeSpan? asked, TimeSpan first, TimeSpan longest, double chance)
    {
        var wait = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(attempt - 1, 30)));
        return asked is { } least
            ? least + TimeSpan.FromSeconds(Math.Min(Math.Min(wait, least.TotalSeconds), 1) * chance)
            : TimeSpan.FromSeconds(wait * (0.5 + (chance / 2)));
    }

    private static TimeSpan? WaitOf(HttpResponseMessage response, DateTimeOffset now)
    {
        var asked = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - now) : null;
        return asked is not { } wait ? null : wait < TimeSpan.Zero ? TimeSpan.Zero : wait > _longestWait ? _longestWait : wait;
    }

    /// <summary>Reads which part was taken: field 1 holds a number of rejected entries and a text. Null when the bytes are no such message.</summary>
    private static (long Rejected, string Why)? PartOf(ReadOnlySpan<byte> body)
    {
        if (!Field(body, 1, out _, out var part))
        {
            return null;
        }

        return Field(part, 1, out var rejected, out _) && Field(part, 2, out _, out var why) ? ((long)Math.Min(rejected, long.MaxValue), Encoding.UTF8.GetString(why)) : null;
    }

    private static string StatusMessage(ReadOnlySpan<byte> body) => Field(body, 2, out _, out var message) ? Encoding.UTF8.GetString(message) : "";

    /// <summary>Finds a field; what is not there is zero and empty. False when the bytes are no message.</summary>
    private static bool Field(ReadOnlySpan<byte> message, int wanted, out ulong number, out ReadOnlySpan<byte> bytes)
    {
        number = 0;
        bytes = [];
        while (!message.IsEmpty)
        {
            if (!Varint(ref message, out var tag))
            {
                return false;
            }

            ulong value = 0;
            ReadOnlySpan<byte> content = default;
            var wire = (int)(tag & 7);
            var fixedLength = wire switch { 1 => 8, 5 => 4, _ => 0 };
            if (wire is 0 or 2 && !Varint(ref message, out value))
            {
                return false;
            }

            var length = wire == 2 ? value : (ulong)fixedLength;
            if (wire is not (0 or 1 or 2 or 5) || length > (ulong)message.Length)
            {
                return false;
            }

            content = message[..(int)length];
            message = message[(int)length..];
            if (tag >> 3 == (ulong)wanted)
            {
                number = value;
                bytes = content;
            }
        }

        return true;
    }

    private static bool Varint(ref ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (var i = 0; i < from.Length && i < 10; i++)
        {
            value |= (ulong)(from[i] & 0x7F) << (7 * i);
            if (from[i] < 0x80)
            {
                from = from[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
