using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.OnCall;

/// <summary>What came of asking for a calendar.</summary>
internal abstract record CalendarAnswer
{
    /// <param name="Etag">Of the answer, as it was written; null: none.</param>
    /// <param name="LastModified">Of the answer, as it was written; null: none.</param>
    internal sealed record Text(string Body, string? Etag, string? LastModified) : CalendarAnswer;

    /// <summary>It is what it was.</summary>
    internal sealed record Unchanged : CalendarAnswer;

    /// <param name="Reason">A sentence that is safe to show: no address, nothing of the answer.</param>
    internal sealed record Failed(string Reason) : CalendarAnswer;
}

/// <summary>Asks for calendars as everything that leaves this process: checked addresses, no redirects, bounded in time and size.</summary>
internal sealed class CalendarFetcher(GuardedHttp http, IOptions<CalendarOptions> options)
{
    private const string End = "END:VCALENDAR";

    /// <param name="etag">Of what is known; null: nothing is, or it came without.</param>
    /// <param name="lastModified">Of what is known, likewise.</param>
    public async Task<CalendarAnswer> AskAsync(string url, string? etag, string? lastModified, CancellationToken ct)
    {
        if (url.Length == 0)
        {
            return new CalendarAnswer.Failed("Its address is a reference that cannot be filled in on this server.");
        }

        if (OutgoingUrl.Fault(url) is { } refused)
        {
            return new CalendarAnswer.Failed(refused);
        }

        try
        {
            using var client = http.CreateClient(options.Value.Timeout, options.Value.MaxBytes);
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("Accept", "text/calendar, text/plain;q=0.5, */*;q=0.1");
            if (etag is not null)
            {
                request.Headers.TryAddWithoutValidation("If-None-Match", etag);
            }

            if (lastModified is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Modified-Since", lastModified);
            }

            using var response = await client.SendAsync(request, ct);
            return response.StatusCode switch
            {
                HttpStatusCode.NotModified when etag is not null || lastModified is not null => new CalendarAnswer.Unchanged(),
                HttpStatusCode.OK => Read(await response.Content.ReadAsByteArrayAsync(ct), Header(response, "ETag"), Header(response, "Last-Modified")),
                >= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest and not HttpStatusCode.NotModified => new CalendarAnswer.Failed($"It answered {(int)response.StatusCode}: redirects are not followed, enter the final address."),
                var status => new CalendarAnswer.Failed($"It answered {(int)status}."),
            };
        }
        catch (HttpRequestException e)
        {
            return new CalendarAnswer.Failed(
                OutgoingFailure.RefusalIn(e)
                ?? (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? $"It is larger than {options.Value.MaxBytes} bytes." : OutgoingFailure.Describe(e)));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new CalendarAnswer.Failed($"No answer within {options.Value.Timeout.TotalSeconds:0.#} s.");
        }
    }

    private static CalendarAnswer Read(byte[] bytes, string? etag, string? lastModified)
    {
        var text = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');

        // Half a calendar reads well, and would take people off call.
        return !text.AsSpan().TrimStart().StartsWith("BEGIN:VCALENDAR", StringComparison.OrdinalIgnoreCase) ? new CalendarAnswer.Failed("What it answers is no calendar.")
            : !text.AsSpan().TrimEnd().EndsWith(End, StringComparison.OrdinalIgnoreCase) ? new CalendarAnswer.Failed($"It is cut off: its end, {End}, is missing.")
            : new CalendarAnswer.Text(text, etag, lastModified);
    }

    /// <summary>What is unusually long is not sent back.</summary>
    private static string? Header(HttpResponseMessage response, string name) =>
        (response.Headers.NonValidated.TryGetValues(name, out var values) || response.Content.Headers.NonValidated.TryGetValues(name, out values))
            && values.ToString() is { Length: > 0 and <= 300 } value ? value : null;
}
