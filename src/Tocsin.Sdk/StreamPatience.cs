using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>Connects a stream again and again, and knows how long to wait before.</summary>
internal sealed class StreamPatience
{
    private const int MostDoublings = 5;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    private int _failures;

    /// <summary>As the server asked.</summary>
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(1);

    public void Connected() => _failures = 0;

    /// <summary>What one connection after the other brings, until <paramref name="ct"/> is cancelled or a server refuses for good.</summary>
    /// <param name="connect">Asked anew for each, once what came before was taken.</param>
    public async IAsyncEnumerable<T> OverCutsAsync<T>(Func<IAsyncEnumerable<T>> connect, Action<StreamNotice>? notice, TimeProvider time, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            Exception? because = null;
            await using var items = connect().GetAsyncEnumerator(ct);
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception e) when (MayDoBetter(e))
                {
                    because = e;
                    break;
                }

                yield return items.Current;
            }

            var wait = After(because);
            notice?.Invoke(new StreamNotice.Lost(because, wait));
            await Task.Delay(wait, time, ct);
        }
    }

    /// <summary>As the server asked, twice as long after each failure, never much longer than half a minute; spread, so that not all come back at once.</summary>
    private TimeSpan After(Exception? because)
    {
        var wait = Retry * (1 << Math.Min(_failures++, MostDoublings)) * (0.5 + (Random.Shared.NextDouble() / 2));
        var asked = (because as TocsinException)?.RetryAfter ?? TimeSpan.Zero;
        return asked > wait ? asked : wait < _longest ? wait : _longest;
    }

    /// <summary>Whether the next try may do better.</summary>
    private static bool MayDoBetter(Exception e) => e switch
    {
        TocsinException refusal => (int)refusal.Status >= 500 || refusal.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests,
        TaskCanceledException { InnerException: TimeoutException } => true,

        // A cut can fall into the middle of an event.
        HttpRequestException or IOException or JsonException => true,
        _ => false,
    };
}
