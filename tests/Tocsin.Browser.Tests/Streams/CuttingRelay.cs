using System.Net;
using System.Net.Sockets;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>
/// A bad network between one client and the server: it cuts each live stream after some bytes, wherever in an event that is. Everything else it passes on.
/// Of what the server sends it changes one thing: clients need not wait 3 s before they come back.
/// </summary>
internal sealed class CuttingRelay : IAsyncDisposable
{
    private const int Fewest = 1500;
    private const int Most = 6000;
    private static readonly byte[] s_stream = "GET /api/v1/stream"u8.ToArray();
    private static readonly byte[] s_wait = "retry: 3000"u8.ToArray();
    private static readonly byte[] s_noWait = "retry: 0010"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Random _random;
    private readonly Task _accepting;
    private Uri _server;
    private int _streams;
    private int _cuts;
    private volatile bool _isCalm;

    public CuttingRelay(Uri server, int seed)
    {
        (_server, _random) = (server, new(seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Streams that were opened; all but the first are resumes.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Streams that this relay cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Where the server is now; for connections from now on.</summary>
    public void Lead(Uri server) => Volatile.Write(ref _server, server);

    /// <summary>From now on it cuts nothing, so that everybody can read to the end.</summary>
    public void CalmDown() => _isCalm = true;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                connections.RemoveAll(c => c.IsCompleted);
                connections.Add(ServeAsync(client));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                break;
            }
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var upstream = new TcpClient();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var connection = new Connection();
        try
        {
            var server = Volatile.Read(ref _server);
            await upstream.ConnectAsync(server.Host, server.Port, either.Token);
            var asks = AskAsync(client.GetStream(), upstream.GetStream(), connection, either.Token);
            var answers = AnswerAsync(upstream.GetStream(), client.GetStream(), connection, either.Token);
            await Task.WhenAny(asks, answers);
            await either.CancelAsync();
            await Task.WhenAll(asks, answers);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Either end left; so does the other.
        }
        finally
        {
            // A reset, as when a network breaks, and not the end of an orderly talk.
            client.LingerState = new(enable: true, 0);
            client.Dispose();
        }
    }

    private async Task AskAsync(NetworkStream from, NetworkStream to, Connection connection, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, ct) is > 0 and var length)
        {
            if (buffer.AsSpan(0, length).IndexOf(s_stream) >= 0)
            {
                Interlocked.Increment(ref _streams);
                connection.Left = Allowance();
            }

            await to.WriteAsync(buffer.AsMemory(0, length), ct);
        }
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to, Connection connection, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, ct) is > 0 and var length)
        {
            if (buffer.AsSpan(0, length).IndexOf(s_wait) is >= 0 and var at)
            {
                s_noWait.CopyTo(buffer, at);
            }

            if (connection.Left is { } left && !_isCalm)
            {
                await to.WriteAsync(buffer.AsMemory(0, Math.Min(left, length)), ct);
                connection.Left = left - length;
                if (left <= length)
                {
                    Interlocked.Increment(ref _cuts);
                    return;
                }
            }
            else
            {
                await to.WriteAsync(buffer.AsMemory(0, length), ct);
            }
        }
    }

    private int Allowance()
    {
        lock (_random)
        {
            return _random.Next(Fewest, Most);
        }
    }

    private sealed class Connection
    {
        /// <summary>Bytes until the cut; null: this connection carries no stream.</summary>
        public int? Left { get; set; }
    }
}
