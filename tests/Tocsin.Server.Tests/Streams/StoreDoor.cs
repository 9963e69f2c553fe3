using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tocsin.Data;

namespace Tocsin.Tests.Streams;

/// <summary>A way to PostgreSQL that can be shut: then every connection through it breaks, and none is made.</summary>
internal sealed class StoreDoor : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _store;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private CancellationTokenSource? _open = new();

    public StoreDoor(string address)
    {
        _store = PostgresDatabase.ConnectionString(address);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The store's address through this door.</summary>
    public string Address => new NpgsqlConnectionStringBuilder(_store.ConnectionString) { Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.ConnectionString;

    public void Shut()
    {
        CancellationTokenSource? open;
        lock (_gate)
        {
            (open, _open) = (_open, null);
        }

        open?.Cancel();
    }

    public void Open()
    {
        lock (_gate)
        {
            _open ??= new();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Shut();
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                lock (_gate)
                {
                    if (_open is { } open)
                    {
                        connections.RemoveAll(c => c.IsCompleted);
                        connections.Add(PassAsync(client, open.Token));
                        continue;
                    }
                }

                client.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task PassAsync(TcpClient client, CancellationToken shut)
    {
        using var mine = client;
        using var store = new TcpClient();
        try
        {
            await store.ConnectAsync(_store.Host!, _store.Port, shut);
            await await Task.WhenAny(client.GetStream().CopyToAsync(store.GetStream(), shut), store.GetStream().CopyToAsync(client.GetStream(), shut));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Either end left, or the door was shut.
        }
    }
}
