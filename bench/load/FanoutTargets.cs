using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Load;

/// <summary>Something that takes a message once and gives it to all who listen.</summary>
public abstract class FanoutTarget
{
    /// <summary>Stands once in each message, before the sixteen digits that say when it was sent.</summary>
    public const byte Mark = (byte)'~';

    /// <summary>What every message is, wherever it goes: the mark, the digits, and some words.</summary>
    public const string Body = """{"message":"~0123456789abcdef Database connection failed on the replica of checkout","level":"error"}""";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public abstract string Name { get; }

    public abstract string Version();

    /// <summary>Starts it in an empty folder.</summary>
    public abstract Task<ServerProcess> StartAsync(DirectoryInfo folder);

    /// <summary>What a subscriber sends once.</summary>
    public abstract byte[] Subscribe { get; }

    /// <summary>What a publisher sends for one message, with <see cref="Body"/> in it.</summary>
    public abstract byte[] Publish { get; }

    /// <summary>Whether the answer to <see cref="Publish"/> is complete, so that the connection can take the next.</summary>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public virtual bool Answered(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return false;
        }

        if (answer[9] != '2')
        {
            throw new InvalidOperationException($"{Name} refused a message: {Encoding.ASCII.GetString(answer)}");
        }

        var length = Encoding.ASCII.GetString(answer[..head]).Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase));
        return length is not null
            ? answer.Length >= head + 4 + int.Parse(length.AsSpan(16), CultureInfo.InvariantCulture)
            : answer.EndsWith("0\r\n\r\n"u8) || !answer[..head].StartsWith("HTTP/1.1 200"u8);
    }

    /// <summary>CPU seconds and resident bytes of a server with its workers.</summary>
    public static (double Cpu, long Bytes) Cost(ServerProcess server)
    {
        var (cpu, bytes) = (server.CpuSeconds, server.ResidentBytes);
        foreach (var child in File.ReadAllText($"/proc/{server.Id}/task/{server.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            cpu += ServerProcess.CpuSecondsOf(child);
            bytes += ServerProcess.ResidentBytesOf(child);
        }

        return (cpu, bytes);
    }

    protected static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>Waits until somebody listens on the port.</summary>
    protected static async Task<ServerProcess> ListensAsync(ServerProcess server)
    {
        while (true)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port);
                return server;
            }
            catch (SocketException) when (server.Running)
            {
                await Task.Delay(10);
            }
        }
    }
}

/// <summary>The product: each message is a line of its log, synced before the answer.</summary>
public sealed class TocsinFanout(string program, string? database = null) : FanoutTarget
{
    /// <summary>A key of the workspace, once it runs.</summary>
    public string Key { get; private set; } = "";

    public override string Name => database is null ? "Tocsin" : "Tocsin on PostgreSQL";

    public override byte[] Subscribe => Ascii($"GET /alerts/bench HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Key}\r\nAccept: text/event-stream\r\n\r\n");

    public override byte[] Publish => Ascii(
        $"POST /alerts/bench HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Key}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    public override string Version() => Target.FirstLine(program, "version");

    public override async Task<ServerProcess> StartAsync(DirectoryInfo folder)
    {
        var data = Path.Combine(folder.FullName, "data");
        string[] where = database is null ? ["--data", data] : ["--data", data, "--database", database];
        Key = Target.FirstLine(program, ["key", "create", .. where, "--name", "bench", "--role", "admin"]);
        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        return await ServerProcess.Start(
            program, ["serve", .. where, "--urls", url.ToString().TrimEnd('/')], url, new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Warning", ["Tocsin__Limits__KeyPerSecond"] = "1000000" })
            .ReadyAsync("/readyz", Patience);
    }
}

/// <summary>Debian's nginx with nchan, one worker: its subscribers share no memory with another's, which is its fastest way.</summary>
public sealed class NchanFanout : FanoutTarget
{
    private const string Program = "nginx";
    private const string Module = "/usr/lib/nginx/modules/ngx_nchan_module.so";

    public override string Name => "nchan";

    public override byte[] Subscribe => Ascii("GET /sub HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");

    public override byte[] Publish => Ascii($"POST /pub HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    public override string Version() => Target.FirstLine(Program, "-v");

    public override Task<ServerProcess> StartAsync(DirectoryInfo folder)
    {
        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        var config = Path.Combine(folder.FullName, "nginx.conf");
        File.WriteAllText(config, $$"""
            load_module {{Module}};
            daemon off;
            worker_processes 1;
            worker_rlimit_nofile 20000;
            pid {{folder.FullName}}/pid;
            error_log {{folder.FullName}}/error.log;
            events { worker_connections 19000; }
            http {
              access_log off;
              client_body_temp_path {{folder.FullName}}/body;
              proxy_temp_path {{folder.FullName}}/proxy;
              fastcgi_temp_path {{folder.FullName}}/fastcgi;
              uwsgi_temp_path {{folder.FullName}}/uwsgi;
              scgi_temp_path {{folder.FullName}}/scgi;
              keepalive_requests 1000000000;
              nchan_shared_memory_size 256M;
              server {
                listen 127.0.0.1:{{url.Port}} backlog=4096;
                location = /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 10000; }
                location = /sub { nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }
              }
            }
            """);
        return ListensAsync(ServerProcess.Start(Program, ["-c", config, "-e", $"{folder.FullName}/error.log"], url));
    }
}

/// <summary>Debian's Redis, pub/sub over plain sockets: no HTTP, nothing kept.</summary>
public sealed class RedisFanout : FanoutTarget
{
    private const string Program = "redis-server";

    public override string Name => "redis pub/sub";

    public override byte[] Subscribe => Ascii("SUBSCRIBE bench\r\n");

    public override byte[] Publish => Ascii($"*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n${Body.Length}\r\n{Body}\r\n");

    public override string Version() => Target.FirstLine(Program, "--version");

    public override bool Answered(ReadOnlySpan<byte> answer) => answer.EndsWith("\r\n"u8);

    public override Task<ServerProcess> StartAsync(DirectoryInfo folder)
    {
        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        string[] arguments =
        [
            "--port", $"{url.Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.FullName, "--maxclients", "19000",
            "--client-output-buffer-limit", "pubsub 0 0 0", "--tcp-backlog", "4096",
        ];
        return ListensAsync(ServerProcess.Start(Program, arguments, url));
    }
}
