using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Tests.Outgoing;

/// <summary>
/// A server of one calendar on loopback that behaves as the test says, also as badly as servers do. It speaks HTTP by hand, so that it can break off
/// wherever it likes.
/// </summary>
internal sealed class FakeCalendar : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    private FakeCalendar()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public static FakeCalendar Start() => new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}/secret/feed.ics";

    /// <summary>What is written for the next requests, byte for byte, after which the connection is closed; null: nothing is ever written.</summary>
    public byte[]? Answer { get; set; } = Ok("");

    /// <summary>A request without a name that is known gets <see cref="Answer"/>, one that knows this ETag 304.</summary>
    public string? Etag { get; set; }

    /// <summary>Likewise, by its time.</summary>
    public string? LastModified { get; set; }

    /// <summary>Each request's head.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>A calendar in the answer to all that follow.</summary>
    /// <param name="events">Each as <c>SUMMARY|20260106T080000Z|20260106T160000Z</c>, or with further lines after that.</param>
    public void Says(params string[] events) => Answer = Ok(Text(events), Etag, LastModified);

    public static string Text(params string[] events)
    {
        var text = new StringBuilder("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n");
        foreach (var (number, written) in events.Index())
        {
            var parts = written.Split('|');
            text.Append($"BEGIN:VEVENT\r\nUID:{number}@example\r\nDTSTART:{parts[1]}\r\nDTEND:{parts[2]}\r\nSUMMARY:{parts[0]}\r\n");
            text.Append(string.Concat(parts.Skip(3).Select(line => $"{line}\r\n"))).Append("END:VEVENT\r\n");
        }

        return text.Append("END:VCALENDAR\r\n").ToString();
    }

    public static byte[] Ok(string body, string? etag = null, string? lastModified = null) => Raw(
        $"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n"
        + $"{(etag is null ? "" : $"ETag: {etag}\r\n")}{(lastModified is null ? "" : $"Last-Modified: {lastModified}\r\n")}\r\n{body}");

    public static byte[] Status(string line, string headers = "") => Raw($"HTTP/1.1 {line}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");

    public static byte[] Raw(string text) => Encoding.UTF8.GetBytes(text);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                open.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var head = await ReadHeadAsync(stream);
                Requests.Enqueue(head);
                if (Answer is not { } answer)
                {
                    await new TaskCompletionSource().Task.WaitAsync(_end.Token);
                    return;
                }

                var isKnown = (Etag is { } etag && head.Contains($"If-None-Match: {etag}\r\n", StringComparison.Ordinal))
                    || (LastModified is { } time && head.Contains($"If-Modified-Since: {time}\r\n", StringComparison.Ordinal));
                await stream.WriteAsync(isKnown ? Status("304 Not Modified") : answer, _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The asker went away, or the test is over.
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _end.Token) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
