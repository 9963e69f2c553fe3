using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tocsin.Tests.Streams;

/// <summary>A redis-server of the test's own on a free port of loopback, which it may kill and start again.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-redis-");
    private Process? _process;

    private RedisServer(int port) => Port = port;

    /// <summary>Why there is none; null when there is.</summary>
    public static string? Missing { get; } = Program is null ? "TOCSIN_TEST_REDIS names no redis-server; eng/test finds or installs one." : null;

    public int Port { get; }

    private static string? Program => Environment.GetEnvironmentVariable("TOCSIN_TEST_REDIS") is { Length: > 0 } path ? path : null;

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer(FreePort());
        await server.RunAsync();
        return server;
    }

    /// <summary>A port on which nobody listens, and which the system gives to nobody who asks for any: it is still free when it is needed later.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(12_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }

    /// <summary>A server that is not started yet.</summary>
    public static RedisServer Later() => new(FreePort());

    /// <summary>Starts it, on the same port as before, and empty.</summary>
    public async Task RunAsync()
    {
        var program = Program ?? throw new InvalidOperationException(Missing);
        _process = Process.Start(new ProcessStartInfo(program)
        {
            ArgumentList = { "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.FullName },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("eady to accept connections", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException("redis-server did not start.");
    }

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>What another program says to it.</summary>
    /// <returns>The first line of the answer.</returns>
    public async Task<string> SayAsync(params string[] words)
    {
        await using var other = await RedisTalk.OpenAsync(Port);
        return await other.AskAsync(words);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        _folder.Delete(recursive: true);
    }
}

/// <summary>A client of Redis without any library: what the other programs are.</summary>
internal sealed class RedisTalk : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly StreamReader _reader;
    private readonly NetworkStream _stream;

    private RedisTalk(TcpClient client) => (_client, _stream, _reader) = (client, client.GetStream(), new(client.GetStream()));

    public static async Task<RedisTalk> OpenAsync(int port)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        return new(client);
    }

    public async Task SendAsync(params string[] words)
    {
        var text = $"*{words.Length}\r\n{string.Concat(words.Select(w => $"${System.Text.Encoding.UTF8.GetByteCount(w)}\r\n{w}\r\n"))}";
        await _stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
    }

    /// <returns>A status, number or text as its words; a list's parts joined by blanks.</returns>
    public async Task<string> ReadAsync(CancellationToken ct = default)
    {
        var line = await _reader.ReadLineAsync(ct) ?? throw new IOException("The server closed the connection.");
        switch (line[0])
        {
            case '$':
                return line == "$-1" ? "" : await _reader.ReadLineAsync(ct) ?? "";
            case '*':
                List<string> parts = [];
                for (var i = int.Parse(line[1..], CultureInfo.InvariantCulture); i > 0; i--)
                {
                    parts.Add(await ReadAsync(ct));
                }

                return string.Join(' ', parts);
            default:
                return line[1..];
        }
    }

    public async Task<string> AskAsync(params string[] words)
    {
        await SendAsync(words);
        return await ReadAsync();
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
