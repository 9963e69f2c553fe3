using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Load;

/// <summary>One page as it came in.</summary>
/// <param name="Key">The <c>webhook-id</c> header; empty when there is none.</param>
/// <param name="At">Timestamp of <see cref="Stopwatch"/> when its last byte was read.</param>
public readonly record struct ReceivedPage(string Key, long At, string Path, string Body);

/// <summary>A web server that takes pages, notes when each came, and answers 200 with nothing.</summary>
public sealed class PageReceiver : IDisposable
{
    private static readonly byte[] s_ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Action<ReceivedPage> _take;
    private int _open;

    /// <param name="take">Called for each page before it is answered, from several threads at once.</param>
    public PageReceiver(Action<ReceivedPage> take)
    {
        _take = take;
        _listener.Start(1024);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    /// <summary>
    /// Returns when every byte that the sender wrote before it died was read: after this, no page of that life can come any more.
    /// Only for use while nobody sends.
    /// </summary>
    public async Task DrainAsync()
    {
        // Connections are accepted in the order they were made, so when this one is through, all earlier ones are being read.
        using (var last = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await last.ConnectAsync(IPAddress.Loopback, Port);
            await last.SendAsync("GET /drain HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            await last.ReceiveAsync(new byte[64]);
        }

        while (Volatile.Read(ref _open) > 0)
        {
            await Task.Delay(1);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                Interlocked.Increment(ref _open);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: nobody sends any more.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        var buffer = new byte[16 * 1024];
        var length = 0;
        try
        {
            while (true)
            {
                while (Parse(buffer.AsSpan(0, length)) is var (used, page))
                {
                    if (used == 0)
                    {
                        break;
                    }

                    if (page.Path != "/drain")
                    {
                        _take(page);
                    }

                    await socket.SendAsync(s_ok);
                    buffer.AsSpan(used, length - used).CopyTo(buffer);
                    length -= used;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }

                var got = await socket.ReceiveAsync(buffer.AsMemory(length));
                if (got == 0)
                {
                    return;
                }

                length += got;
            }
        }
        catch (SocketException)
        {
            // The sender was killed; it will come again.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    /// <returns>How many bytes the first request takes, 0 when it is not complete yet.</returns>
    private static (int Used, ReceivedPage Page) Parse(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return default;
        }

        var head = Encoding.ASCII.GetString(bytes[..end]);
        var body = bytes[(end + 4)..];
        int used;
        if (Header(head, "content-length") is { } text)
        {
            used = int.Parse(text, CultureInfo.InvariantCulture);
        }
        else
        {
            // Chunked: the text is searched for marks only, so the lengths between its chunks may stay in it.
            used = Header(head, "transfer-encoding") is null ? 0 : body.IndexOf("0\r\n\r\n"u8) is var last and >= 0 ? last + 5 : int.MaxValue;
        }

        if (body.Length < used)
        {
            return default;
        }

        var path = head[(head.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        return (end + 4 + used, new(
            Header(head, "webhook-id") ?? "", Stopwatch.GetTimestamp(), path[..path.IndexOf(' ', StringComparison.Ordinal)], Encoding.UTF8.GetString(body[..used])));
    }

    private static string? Header(string head, string name)
    {
        foreach (var line in head.AsSpan().EnumerateLines())
        {
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim().ToString();
            }
        }

        return null;
    }
}
