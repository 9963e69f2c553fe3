using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Sdk;
using Tocsin.Workspaces;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

/// <summary>Verifying without a server, and without Tocsin.</summary>
public sealed partial class AuditVerbTests : IAsyncLifetime
{
    private static readonly DateTimeOffset _start = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-audit-").FullName;
    private readonly CliWorld _world = new(null);

    private string Data => Path.Combine(_root, "data");

    private string File1 => Path.Combine(_root, "one.jsonl");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Data);
        await OnDataAsync(async tx =>
        {
            await new WorkspaceStore().EnsureAsync(tx, "acme", _start);
            for (var i = 1; i <= 7; i++)
            {
                new AuditStore().Append(tx, 1, _start.AddSeconds(i * 1.1), new("user:ana", "test.done", $"n/{i}", "quotes \", ünïcödé, 😀 and <html>")
                {
                    Data = """{"n":1.50,"text":"é\n"}""",
                    Address = "2001:db8::1",
                });
            }

            new AuditStore().Append(tx, AuditStore.Installation, _start, new("system", "test.started", "", ""));
        });
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task The_data_and_its_export_are_verified_chain_by_chain()
    {
        var store = await _world.RunAsync("audit", "verify", "--data", Data);
        var export = await _world.RunAsync("audit", "export", "--data", Data, "--output", File1);
        var file = await _world.RunAsync("audit", "verify", File1, "--json");

        Assert.Equal((0, "", ""), (export.ExitCode, export.Out, export.Error));
        Assert.Equal(0, store.ExitCode);
        Assert.StartsWith("installation: sound, entries 1 to 1, ends with 1:", store.Out, StringComparison.Ordinal);
        Assert.Contains("\nacme: sound, entries 1 to 7, ends with 7:", store.Out, StringComparison.Ordinal);
        Assert.Equal((true, 7, 7), JsonSerializer.Deserialize(file.Out, WireJson.Default.AuditState) is { } s ? (s.Sound, s.Entries, s.Head.Seq) : default);
    }

    [Fact]
    public async Task A_changed_entry_fails_the_verb_in_the_data_and_in_a_file()
    {
        await _world.RunAsync("audit", "export", "--data", Data, "--output", File1);
        await File.WriteAllTextAsync(File1, (await File.ReadAllTextAsync(File1)).Replace("\"n/4\"", "\"n/5\"", StringComparison.Ordinal));
        await OnDataAsync(tx => tx.ExecuteAsync("DELETE FROM audit WHERE workspace_id = 1 AND seq = 3"));

        var file = await _world.RunAsync("audit", "verify", File1);
        var store = await _world.RunAsync("audit", "verify", "--data", Data, "--workspace", "acme");

        Assert.Equal((1, "one.jsonl: NOT SOUND, entries 1 to 7\n  entry 4 was altered: its hash is not that of what it says\n"), (file.ExitCode, file.Out));
        Assert.Equal((1, "acme: NOT SOUND, entries 1 to 7\n  entry 3 is missing\n"), (store.ExitCode, store.Out));
    }

    [Fact]
    public async Task An_end_that_is_gone_is_found_with_the_head_that_was_noted()
    {
        var head = (await _world.RunAsync("audit", "head", "--data", Data)).Out.Trim();
        await OnDataAsync(tx => tx.ExecuteAsync("DELETE FROM audit WHERE workspace_id = 1 AND seq > 5"));

        var without = await _world.RunAsync("audit", "verify", "--data", Data);
        var with = await _world.RunAsync("audit", "verify", "--data", Data, "--anchor", head);

        Assert.Equal((0, 1), (without.ExitCode, with.ExitCode));
        Assert.Contains("the end is missing", with.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_a_chain_is_verified_from_the_entry_that_was_noted_before_it()
    {
        var anchor = (await _world.RunAsync("audit", "head", "--data", Data)).Out.Trim();
        await OnDataAsync(tx =>
        {
            new AuditStore().Append(tx, 1, _start, new("user:ana", "test.done", "n/8", ""));
            return Task.CompletedTask;
        });
        await _world.RunAsync("audit", "export", "--data", Data, "--after", "7", "--output", File1);

        Assert.Equal(1, (await _world.RunAsync("audit", "verify", File1)).ExitCode);
        Assert.Equal(0, (await _world.RunAsync("audit", "verify", File1, "--anchor", anchor)).ExitCode);
        Assert.Equal(1, (await _world.RunAsync("audit", "verify", File1, "--anchor", "7:" + new string('a', 64))).ExitCode);
    }

    [Theory]
    [InlineData("{}", "is no entry")]
    [InlineData("""{"workspace":1,"seq":1,"at":"now","actor":"","action":"","subject":"","result":"","address":"","detail":"","data":"","prev":"","hash":""}""", "lacks what an entry has")]
    [InlineData("[]", "is no entry")]
    [InlineData("not json", "is no entry")]
    [InlineData("""{"workspace":1,"seq":"x"}""", "is no entry")]
    public async Task A_file_that_is_no_export_is_said_to_be_none(string line, string fault)
    {
        await File.WriteAllTextAsync(File1, line + "\n");

        var run = await _world.RunAsync("audit", "verify", File1);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(fault, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_that_was_cut_short_is_not_sound()
    {
        await _world.RunAsync("audit", "export", "--data", Data, "--output", File1);
        var lines = await File.ReadAllLinesAsync(File1);
        await File.WriteAllLinesAsync(File1, lines[..^1]);
        var withoutEnd = await _world.RunAsync("audit", "verify", File1);
        await File.WriteAllLinesAsync(File1, [.. lines[..5], lines[^1]]);
        var withoutTail = await _world.RunAsync("audit", "verify", File1);

        Assert.Equal((1, 1), (withoutEnd.ExitCode, withoutTail.ExitCode));
        Assert.Contains("the file was cut short", withoutEnd.Out, StringComparison.Ordinal);
        Assert.Contains("the entries before it end otherwise", withoutTail.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("7:abc")]
    [InlineData("x:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task An_anchor_that_is_none_is_a_wrong_command_line(string anchor) =>
        Assert.Equal(2, (await _world.RunAsync("audit", "verify", "--data", Data, "--anchor", anchor)).ExitCode);

    [PythonFact]
    public async Task The_script_of_the_documentation_verifies_an_export_without_Tocsin()
    {
        var script = Path.Combine(_root, "verify.py");
        await File.WriteAllTextAsync(script, Script().Match(await File.ReadAllTextAsync(Path.Combine(ReferenceTests.RepositoryRoot(), "docs", "security", "audit.md"))).Groups["code"].Value);
        await _world.RunAsync("audit", "export", "--data", Data, "--output", File1);
        var whole = await File.ReadAllTextAsync(File1);
        var head = (await _world.RunAsync("audit", "head", "--data", Data)).Out.Trim().Split(':')[1];

        Assert.Equal((0, $"sound up to 7 {head}"), await PythonAsync(script));

        await File.WriteAllTextAsync(File1, whole.Replace("\"n/4\"", "\"n/5\"", StringComparison.Ordinal));
        Assert.Equal((1, "entry 4 was altered"), await PythonAsync(script));

        await File.WriteAllLinesAsync(File1, whole.Split('\n').Where((_, i) => i != 3));
        Assert.Equal(1, (await PythonAsync(script)).ExitCode);
    }

    private async Task<(int ExitCode, string Said)> PythonAsync(string script)
    {
        using var python = Process.Start(new ProcessStartInfo("python3", [script, File1]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (output, error) = (python.StandardOutput.ReadToEndAsync(), python.StandardError.ReadToEndAsync());
        await python.WaitForExitAsync();
        return (python.ExitCode, (await output + await error).Trim());
    }

    private async Task OnDataAsync(Func<Tx, Task> work)
    {
        await using var database = Open();
        await Migrator.MigrateAsync(database, _start, default);
        await database.WriteAsync(work, default);
    }

    private SqliteDatabase Open() => new(Path.Combine(Data, "tocsin.db"));

    [GeneratedRegex("```python\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Script();

    /// <summary>A fact that needs python3. Without it it is skipped with the reason, except where CI=true: there it fails.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class PythonFactAttribute : FactAttribute
    {
        private static readonly string? _missing =
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "python3"))) ? null : "There is no python3 here.";

        public PythonFactAttribute()
        {
            if (Environment.GetEnvironmentVariable("CI") != "true")
            {
                Skip = _missing;
            }
        }
    }
}
