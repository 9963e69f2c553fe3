using System.Net;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Demo.Faults;

/// <summary>Tells a story to a server as it happens; what is over already is sent at once.</summary>
internal sealed class FaultRun(TocsinClient client, TimeProvider time)
{
    private const int MostLines = 1_000;
    private const int Tries = 6;

    /// <summary>Lines that were stored.</summary>
    public long Lines { get; private set; }

    /// <summary>Samples that were stored.</summary>
    public long Samples { get; private set; }

    /// <summary>Sends each second when it is over.</summary>
    public async Task TellAsync(FaultStory story, long seconds, CancellationToken ct)
    {
        List<LogLine> lines = [];
        List<MadeFigures> figures = [];
        for (var second = 0L; second < seconds; second++)
        {
            if (story.StartsAt.AddSeconds(second + 1) - time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
            {
                await SendAsync(lines, figures, ct);
                await Task.Delay(wait, time, ct);
            }

            lines.AddRange(story.Lines(second));
            figures.AddRange(story.Figures(second));
            if (lines.Count >= MostLines)
            {
                await SendAsync(lines, figures, ct);
            }
        }

        await SendAsync(lines, figures, ct);
    }

    private async Task SendAsync(List<LogLine> lines, List<MadeFigures> figures, CancellationToken ct)
    {
        if (lines.Count > 0)
        {
            await SendAsync("logs", TelemetryBodies.Logs(lines), ct);
            Lines += lines.Count;
            lines.Clear();
        }

        if (figures.Count > 0)
        {
            await SendAsync("metrics", TelemetryBodies.Metrics(figures), ct);
            Samples += figures.Sum(static f => f.Metrics.Count());
            figures.Clear();
        }
    }

    /// <summary>A server that is busy is asked again when it says.</summary>
    private async Task SendAsync(string kind, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await client.IngestAsync(kind, body, ct);
                return;
            }
            catch (TocsinException e) when (e.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests && attempt < Tries)
            {
                await Task.Delay(e.RetryAfter ?? TimeSpan.FromSeconds(1), time, ct);
            }
        }
    }
}
