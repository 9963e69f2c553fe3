using System.Net;
using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>How long to wait before a stream is connected again.</summary>
internal sealed class StreamPatience
{
    private const int MostDoublings = 5;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    private int _failures;

    /// <summary>As the server asked.</summary>
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(1);

    public void Connected() => _failures = 0;

    /// <summary>As the server asked, twice as long after each failure, never much longer than half a minute; spread, so that not all come back at once.</summary>
    public TimeSpan After(Exception? because)
    {
        var wait = Retry * (1 << Math.Min(_failures++, MostDoublings)) * (0.5 + (Random.Shared.NextDouble() / 2));
        var asked = (because as TocsinException)?.RetryAfter ?? TimeSpan.Zero;
        return asked > wait ? asked : wait < _longest ? wait : _longest;
    }

    /// <summary>Whether the next try may do better.</summary>
    public static bool MayDoBetter(Exception e) => e switch
    {
        TocsinException refusal => (int)refusal.Status >= 500 || refusal.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests,
        TaskCanceledException { InnerException: TimeoutException } => true,

        // A cut can fall into the middle of an event.
        HttpRequestException or IOException or JsonException => true,
        _ => false,
    };
}
