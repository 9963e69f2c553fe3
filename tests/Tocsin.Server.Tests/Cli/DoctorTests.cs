using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Demo.Fakes;
using Tocsin.Data;
using Tocsin.Doctor;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Streams;
using Tocsin.Tests.Estate;
using Tocsin.Tests.Hosting;
using Tocsin.Tests.Outgoing;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class DoctorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-doctor-").FullName;
    private readonly CliWorld _world = new(null) { Time = TimeProvider.System };

    private string Data => Path.Combine(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Before_the_first_start_nothing_is_wrong_and_nothing_is_made()
    {
        var run = await _world.RunAsync("doctor", "--data", Data);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("there is none yet", run.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Work_that_is_late_is_a_problem_with_a_remedy_and_exit_1()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        var healthy = await _world.RunAsync("doctor", "--data", Data);
        await ExecuteAsync("INSERT INTO job (workspace_id, lane, kind, job_key, ready_at, dead, attempt, payload, created_at) VALUES (1, 1, 'page', 'k', 0, 0, 0, '1', 0)");

        var late = await _world.RunAsync("doctor", "--data", Data, "--json");

        Assert.Equal([0, 1], [healthy.ExitCode, late.ExitCode]);
        using var json = JsonDocument.Parse(late.Out);
        var problem = Assert.Single(json.RootElement.GetProperty("items").EnumerateArray(), item => item.GetProperty("verdict").GetString() == "problem");
        Assert.Equal("work", problem.GetProperty("check").GetString());
        Assert.Contains("start a server", problem.GetProperty("fix").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_a_problem()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        await ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (9999, 0)");

        var run = await _world.RunAsync("doctor", "--data", Data);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("✗ problem  schema: 9999", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_others_can_read_is_a_warning_with_the_command_that_mends_it()
    {
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        var run = await _world.RunAsync("doctor", "--data", Data);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"→ chmod 700 {Data}", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_be_called_and_is_not_known_to_be_reached_by_phone_is_a_warning_with_a_remedy()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        var model = EstateBench.Model(
            """
            users:
              - {name: ana, contact: [{name: phone, type: ntfy, url: "https://ntfy.example", topic: ana}]}
              - {name: bo, contact: [{name: phone, type: ntfy, url: "https://ntfy.example", topic: bo}]}
            policies: [{name: main, steps: [{notify: [user:ana]}]}]
            """);
        model = model with { Workspace = "default" };
        await using var database = new SqliteDatabase(Path.Combine(Data, "tocsin.db"));
        using var bench = new OutgoingBench();
        var notifiers = new NotifierRegistry([new Ntfy(bench.Http)]);

        var before = await ProofChecks.RunAsync(database, notifiers, model, DateTimeOffset.UtcNow, default);
        Assert.Equal("Nobody can reach ana by phone: phone never confirmed. Send a test and answer it.", Assert.Single(before).Text);
        Assert.NotNull(before[0].Fix);

        var proofs = new ContactProofs(notifiers, new EventLog(new ChangeSignal(), new AuditStore()));
        await database.WriteAsync(tx => proofs.RangAsync(tx, EstateSnapshot.Of(1, model, []), "ana", "ntfy", DateTimeOffset.UtcNow), default);
        Assert.Equal(Verdict.Ok, Assert.Single(await ProofChecks.RunAsync(database, notifiers, model, DateTimeOffset.UtcNow, default)).Verdict);
    }

    [Fact]
    public async Task The_mail_server_is_greeted_and_missed_only_where_it_is_needed()
    {
        var mails = EstateBench.Model("users: [{name: ana, contact: [{name: mail, type: email, address: ana@example.test}]}]");
        var none = EstateBench.Model("users: [{name: ana}]");
        await using var server = FakeSmtp.Start();
        using var bench = new OutgoingBench();

        var up = await Mail(bench, new() { Host = "127.0.0.1", Port = server.Port, From = "t@example.test" }, mails);
        var down = await Mail(bench, new() { Host = "127.0.0.1", Port = 1, From = "t@example.test" }, mails);
        var missing = await Mail(bench, new(), mails);
        var unneeded = await Mail(bench, new(), none);

        Assert.Equal([Verdict.Ok, Verdict.Problem, Verdict.Problem, Verdict.Ok], new[] { up, down, missing, unneeded }.Select(finding => finding.Verdict));
    }

    [Fact]
    public async Task Contact_methods_are_tried_at_their_addresses_without_sending()
    {
        await using var phone = await FakeWebhook.StartAsync(TimeProvider.System);
        var estate = EstateBench.Model(
            $$"""
            users:
              - {name: ana, contact: [{name: pager, type: webhook, url: "{{phone.Url}}ana", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}]}
              - {name: bo, contact: [{name: pager, type: webhook, url: "http://127.0.0.1:1/bo", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}]}
            """);
        using var bench = new OutgoingBench($"{phone.HostAndPort},127.0.0.1:1");
        using var strict = new OutgoingBench("127.0.0.1:1");

        var findings = await new ReachChecks(bench.Connector, EstateBench.Providers, new()).MethodsAsync(estate, CancellationToken.None);
        var forbidden = await new ReachChecks(strict.Connector, EstateBench.Providers, new()).MethodsAsync(estate, CancellationToken.None);

        Assert.Equal("acme: user bo, pager", Assert.Single(findings).Check);
        Assert.Contains("Outgoing:Allow", forbidden[0].Text, StringComparison.Ordinal);
        Assert.Empty(phone.Deliveries);
    }

    [Fact]
    public async Task What_lets_more_in_than_it_should_is_warned_of_and_mends_the_warning_when_it_is_mended()
    {
        var settings = new ConfigurationManager();
        Assert.Equal(["stored secrets"], Warned(SettingsChecks.OfSecurity(settings, new(), new(), new())));
        Assert.Empty(Warned(SettingsChecks.OfSecurity(settings, new() { Registration = Registration.Invitation }, new(), new() { KeyFile = "/etc/tocsin.key" })));

        (settings["Cors:Origins"], settings["Server:TrustedProxies"]) = ("https://a.example, *", "10.0.0.1, 0.0.0.0/0");
        Assert.Equal(
            ["registration", "stored secrets", "admin key", "CORS", "trusted proxies"],
            Warned(SettingsChecks.OfSecurity(settings, new() { Registration = Registration.Open }, new() { AdminKey = "0123456789abcdef" }, new())));

        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        await ExecuteAsync(
            """
            INSERT INTO person (id, email, password_hash, created_at) VALUES (1, 'a@x.test', 'h', 0), (2, 'b@x.test', 'h', 0), (3, 'c@x.test', NULL, 0), (4, 'd@x.test', 'h', 0);
            INSERT INTO member (workspace_id, person_id, user_name, role, created_at) VALUES (1, 1, 'ana', 'owner', 0), (1, 2, 'bo', 'admin', 0), (1, 3, 'sso', 'owner', 0), (1, 4, 'dee', 'viewer', 0);
            UPDATE person SET totp_confirmed_at = 1 WHERE id = 2;
            """);
        Assert.Equal(["second factors: default: ana is an owner or administrator with nothing but a password", "keys that never expire: default: ci"], Texts(await StoreAsync(TimeSpan.Zero)));
        Assert.Equal(3, (await StoreAsync(TimeSpan.FromDays(91))).Count(f => f.Verdict == Verdict.Warning));

        await ExecuteAsync("UPDATE api_key SET expires_at = created_at + 1; INSERT INTO passkey (credential_id, person_id, name, public_key, sign_count, details, created_at) VALUES (x'00', 1, '', x'00', 0, '', 0)");
        Assert.Empty(Texts(await StoreAsync(TimeSpan.FromDays(91))));
    }

    [Fact]
    public void Connections_that_leave_the_machine_in_clear_are_warned_of()
    {
        var clear = ClearConnections.Find(
            new() { Database = "postgres://t@db/t?sslmode=disable" }, new() { RedisHost = "redis" }, new() { Host = "mail", Port = 465 }, new(), new() { LeakedPasswordsUrl = "http://list.example.test/range/" },
            new() { BaseUrl = "http://github.example.test/api/v3" });

        Assert.Equal(["Server:Database", "Backplane:RedisTls", "Accounts:LeakedPasswordsUrl", "GitHub:BaseUrl"], clear.Select(c => c.Setting));
        Assert.Equal(["connections", "connections", "connections", "connections"], Warned(SecurityChecks.OfConnections(clear)));
        Assert.Equal(Verdict.Ok, Assert.Single(SecurityChecks.OfConnections([])).Verdict);
    }

    [Fact]
    public async Task An_audit_that_somebody_changed_is_a_problem()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        Assert.Contains("✓ ok       audit: sound, 1 entry", (await _world.RunAsync("doctor", "--data", Data)).Out, StringComparison.Ordinal);
        await ExecuteAsync("UPDATE audit SET actor = 'user:nobody'");

        var run = await _world.RunAsync("doctor", "--data", Data);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("✗ problem  audit: the chain of workspace 1 is not sound: entry 1 was altered", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "http://127.0.0.1:8080", true, false)]
    [InlineData("https://pager.example.test", "http://127.0.0.1:8080", false, false)]
    [InlineData("http://pager.example.test", "http://0.0.0.0:8080", true, true)]
    [InlineData("https://pager.example.test", "https://0.0.0.0:8443", false, false)]
    public void Addresses_that_leave_the_machine_in_clear_are_warned_of(string publicUrl, string urls, bool warnsOfPublic, bool warnsOfListening)
    {
        var options = new ServerOptions { PublicUrl = publicUrl, Urls = urls };

        Assert.Equal(warnsOfPublic, SettingsChecks.PublicUrl(options).Verdict == Verdict.Warning);
        Assert.Equal(warnsOfListening, AddressChecks.Listening(options).Verdict == Verdict.Warning);
    }

    [Theory]
    [InlineData("https://tocsin.example.test", 90, "Ok")]
    [InlineData("https://other.example.test", 90, "Warning")]
    [InlineData("https://tocsin.example.test", 10, "Warning")]
    [InlineData("https://tocsin.example.test", -1, "Problem")]
    public void A_certificate_that_ends_or_is_for_another_name_is_told_of(string publicUrl, int daysLeft, string verdict)
    {
        using var certificate = CertificateFiles.Make("tocsin.example.test", FakeServer.Now.AddDays(daysLeft));

        Assert.Equal(verdict, AddressChecks.Certificate(certificate, new() { PublicUrl = publicUrl }, FakeServer.Now).Verdict.ToString());
    }

    [Theory]
    [InlineData(0, null, "Ok")]
    [InlineData(1, null, "Ok")]
    [InlineData(5, null, "Warning")]
    [InlineData(-40, null, "Problem")]
    [InlineData(null, 3600, "Problem")]
    [InlineData(null, -3600, "Ok")]
    public void A_clock_that_is_wrong_is_told_from_one_that_is_not(int? databaseAheadSeconds, int? aliveAheadSeconds, string verdict)
    {
        var finding = MachineChecks.Clock(
            FakeServer.Now,
            databaseAheadSeconds is { } ahead ? FakeServer.Now.AddSeconds(ahead) : null,
            aliveAheadSeconds is { } alive ? FakeServer.Now.AddSeconds(alive) : null);

        Assert.Equal(verdict, finding.Verdict.ToString());
    }

    [Fact]
    public async Task The_running_server_is_asked_whether_it_is_ready()
    {
        await using var server = await ServeRun.StartAsync("serve", "--data", Data);

        var running = await AddressChecks.ServerAsync(new() { Urls = server.Url }, null, CancellationToken.None);
        await server.StopAsync();
        var stopped = await AddressChecks.ServerAsync(new() { Urls = server.Url }, null, CancellationToken.None);

        Assert.Equal(Finding.Ok("server", $"{server.Url} is ready"), running);
        Assert.Equal(Finding.Ok("server", $"none runs at {server.Url}"), stopped);
    }

    private async Task<IReadOnlyList<Finding>> StoreAsync(TimeSpan later)
    {
        await using var database = new SqliteDatabase(Path.Combine(Data, "tocsin.db"));
        return await SecurityChecks.OfStoreAsync(database, _world.Time.GetUtcNow() + later, default);
    }

    private static IEnumerable<string> Warned(IEnumerable<Finding> findings) => findings.Where(f => f.Verdict == Verdict.Warning).Select(f => f.Check);

    private static IEnumerable<string> Texts(IEnumerable<Finding> findings) => findings.Where(f => f.Verdict == Verdict.Warning).Select(f => $"{f.Check}: {f.Text}");

    [Fact]
    public async Task The_provider_of_single_sign_on_is_asked_for_its_documents()
    {
        await using var provider = await FakeOidc.StartAsync(TimeProvider.System);
        var server = new ServerOptions { PublicUrl = "https://tocsin.example.test" };

        var none = await SingleSignOn(new(), server, provider);
        var up = await SingleSignOn(new() { Authority = provider.Issuer, ClientId = "tocsin" }, server, provider);
        var unknown = await SingleSignOn(new() { Authority = provider.Issuer, ClientId = "tocsin" }, new(), provider);
        var other = await SingleSignOn(new() { Authority = $"{provider.Issuer}/realms/acme", ClientId = "tocsin", AllowPasswords = false }, server, provider);
        provider.FailAt("/keys", new FakeFault.Answer(200, Body: "{\"keys\": []}"));
        var keyless = await SingleSignOn(new() { Authority = provider.Issuer, ClientId = "tocsin" }, server, provider);

        Assert.Equal([Verdict.Ok, Verdict.Ok, Verdict.Warning, Verdict.Problem, Verdict.Problem], new[] { none, up, unknown, other, keyless }.Select(finding => finding.Verdict));
        Assert.Contains("https://tocsin.example.test/login/oidc/callback", up.Text, StringComparison.Ordinal);
        Assert.Contains("nobody can log in", other.Fix, StringComparison.Ordinal);
        Assert.Contains("no key", keyless.Text, StringComparison.Ordinal);
    }

    private static async Task<Finding> SingleSignOn(OidcOptions settings, ServerOptions server, FakeOidc fake)
    {
        using var bench = new OutgoingBench(fake.HostAndPort);
        using var provider = new OidcProvider(bench.Http, Options.Create(settings), Options.Create(new OutgoingOptions()), TimeProvider.System);
        return await SingleSignOnChecks.RunAsync(settings, provider, server, CancellationToken.None);
    }

    private static Task<Finding> Mail(OutgoingBench bench, SmtpOptions smtp, Tocsin.Estate.EstateModel estate) =>
        new ReachChecks(bench.Connector, EstateBench.Providers, smtp).MailAsync([estate], CancellationToken.None);

    private async Task ExecuteAsync(string sql)
    {
        await using var database = new SqliteDatabase(Path.Combine(Data, "tocsin.db"));
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await database.WriteAsync(tx => tx.ExecuteAsync(statement), CancellationToken.None);
        }
    }
}
