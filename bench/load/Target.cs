using System.Diagnostics;

namespace Tocsin.Load;

/// <summary>How the servers of one measurement are set up: alike, as far as both can be.</summary>
/// <param name="Receiver">Where pages go.</param>
/// <param name="GroupBy">The labels that make a group.</param>
/// <param name="GroupWait">How long a new group waits for company.</param>
public sealed record Setup(Uri Receiver, string[] GroupBy, string GroupWait);

/// <summary>Something that takes <c>POST /api/v2/alerts</c> and pages by webhook.</summary>
public abstract class Target
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public abstract string Name { get; }

    /// <summary>What stands in the Authorization header as bearer; null: none.</summary>
    public virtual string? Key => null;

    public abstract string Version();

    /// <summary>Starts it on an empty folder.</summary>
    /// <exception cref="InvalidOperationException">It did not become ready; holds what it printed.</exception>
    public abstract Task<ServerProcess> StartAsync(Setup setup, DirectoryInfo folder);

    /// <summary>The first line that a program prints when it is run with these arguments, on either output.</summary>
    public static string FirstLine(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var error = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return text.Split('\n')[0].Trim();
    }
}

/// <summary>The product, from its published executable.</summary>
public sealed class TocsinTarget(string program, string? database = null) : Target
{
    private const string SourceKey = "bench-source-key-00000000000001";

    public override string Name => database is null ? "Tocsin" : "Tocsin on PostgreSQL";

    public override string Key => SourceKey;

    public override string Version() => FirstLine(program, "version");

    public override Task<ServerProcess> StartAsync(Setup setup, DirectoryInfo folder)
    {
        var estate = Path.Combine(folder.FullName, "estate.yaml");
        File.WriteAllText(estate, $$"""
            apiVersion: tocsin/v1
            workspace: bench
            channels:
              - {name: bench, type: webhook, url: "{{setup.Receiver}}page", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
            policies:
              - {name: bench, repeat: 0, steps: [{notify: ["channel:bench"], wait: 24h}]}
            sources:
              - {name: prometheus, type: alertmanager, key: {{SourceKey}}}
            route:
              name: root
              policy: bench
              group_by: [{{string.Join(", ", setup.GroupBy)}}]
              group_wait: {{setup.GroupWait}}
              group_interval: 5m
              routes:
                - {name: noise, match: ['severity="info"'], policy: none}
            """);

        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        var arguments = new List<string> { "serve", "--data", Path.Combine(folder.FullName, "data"), "--urls", url.ToString().TrimEnd('/'), "--estate", estate };
        if (database is not null)
        {
            arguments.AddRange(["--database", database]);
        }

        var environment = new Dictionary<string, string>
        {
            ["Tocsin__Outgoing__Allow"] = $"127.0.0.1:{setup.Receiver.Port}",
            ["Logging__LogLevel__Default"] = "Warning",

            // Counted as ever, and never met: one source sends as much here as a server takes.
            ["Tocsin__Limits__SourcePerSecond"] = "1000000",
        };
        return ServerProcess.Start(program, arguments, url, environment).ReadyAsync("/readyz", Patience);
    }
}

/// <summary>Debian's Alertmanager: in memory, a snapshot every 15 minutes.</summary>
public sealed class AlertmanagerTarget : Target
{
    private const string Program = "prometheus-alertmanager";

    public override string Name => "Alertmanager";

    public override string Version() => FirstLine(Program, "--version");

    public override Task<ServerProcess> StartAsync(Setup setup, DirectoryInfo folder)
    {
        var config = Path.Combine(folder.FullName, "alertmanager.yml");
        File.WriteAllText(config, $$"""
            route:
              receiver: bench
              group_by: [{{string.Join(", ", setup.GroupBy)}}]
              group_wait: {{setup.GroupWait}}
              group_interval: 5m
              repeat_interval: 24h
              routes:
                - {receiver: none, matchers: ['severity="info"']}
            receivers:
              - name: none
              - name: bench
                webhook_configs:
                  - {url: "{{setup.Receiver}}page", send_resolved: false, max_alerts: 10}
            """);

        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        string[] arguments =
        [
            $"--config.file={config}", $"--storage.path={Path.Combine(folder.FullName, "data")}", $"--web.listen-address={url.Authority}",
            "--cluster.listen-address=", "--log.level=error",
        ];
        return ServerProcess.Start(Program, arguments, url).ReadyAsync("/-/ready", Patience);
    }
}
