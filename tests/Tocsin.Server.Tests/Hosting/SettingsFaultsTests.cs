using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Outgoing;

namespace Tocsin.Tests.Hosting;

public sealed class SettingsFaultsTests
{
    [Fact]
    public void Nothing_set_is_nothing_wrong() => Assert.Empty(Faults());

    [Theory]
    [InlineData("Jobs:Concurency", "5", "Jobs:Concurency is not a setting; did you mean Jobs:Concurrency? (set in a.yaml)")]
    [InlineData("Jobs:Whatever", "5", "Jobs:Whatever is not a setting (set in a.yaml)")]
    [InlineData("Sever:Data", "x", "Sever is not a section of the settings; did you mean Server? (set in a.yaml)")]
    [InlineData("jobs:concurrency", "many", "Jobs:Concurrency must be a number (set in a.yaml)")]
    [InlineData("Jobs:Concurrency", "0", "Jobs:Concurrency must be between 1 and 1024 (set in a.yaml)")]
    [InlineData("Jobs:Lease", "soon", "Jobs:Lease must be a span of time such as 00:00:30 (set in a.yaml)")]
    [InlineData("Smtp:Tls", "Maybe", "Smtp:Tls must be one of Auto, StartTls, Implicit, None (set in a.yaml)")]
    [InlineData("Server:Roles", "all of them", "Server:Roles must be 'api', 'work' or 'api,work' (set in a.yaml)")]
    [InlineData("Server:Urls", "nowhere", "Server:Urls has something that is not an address to listen on; write http://127.0.0.1:8080 (set in a.yaml)")]
    [InlineData("Server:Urls", "https://127.0.0.1:8443", "Server:Tls:CertificateFile is missing, though Server:Urls has an address with https; name the certificate's PEM file, or listen on http://127.0.0.1:8080 behind a proxy that speaks TLS (not set)")]
    [InlineData("Server:Tls:KeyFile", "/nowhere/key.pem", "Server:Tls:CertificateFile is missing, though Server:Tls:KeyFile is set (not set)")]
    [InlineData("Server:Tls:CertificateFile", "/nowhere/tls.pem", "Server:Tls:CertificateFile is set, and no address in Server:Urls begins with https; write https://0.0.0.0:8443 (set in a.yaml)")]
    [InlineData("Server:Tls:Certificate", "/nowhere/tls.pem", "Server:Tls:Certificate is not a setting (set in a.yaml)")]
    public void Each_fault_names_the_setting_what_it_must_be_and_where_it_was_set(string key, string value, string fault) =>
        Assert.Equal([fault], Faults((key, value)));

    [Theory]
    [InlineData("Server:Database", "postgres://tocsin@db.example.test/tocsin", "PostgreSQL")]
    [InlineData("Server:Database", "Host=db.example.test;SSL Mode=Prefer", "PostgreSQL")]
    [InlineData("Server:Database", "postgres://tocsin@db.example.test/tocsin?sslmode=verify-full", null)]
    [InlineData("Server:Database", "postgres://tocsin@localhost/tocsin", null)]
    [InlineData("Server:Database", "postgres:///tocsin?host=/run/postgresql", null)]
    [InlineData("Server:Database", "nonsense;;", "PostgreSQL database")]
    [InlineData("Backplane:RedisHost", "10.0.0.7", "Redis")]
    [InlineData("Backplane:RedisHost", "::1", null)]
    [InlineData("Smtp:Host", "mail.example.test", "mail server")]
    [InlineData("Otlp:Endpoint", "http://collector:4318", "collector of metrics")]
    [InlineData("Otlp:Endpoint", "https://collector:4318", null)]
    [InlineData("Server:HeartbeatUrl", "http://hc.example.test/x", "dead man's switch")]
    [InlineData("Accounts:LeakedPasswordsUrl", "http://127.0.0.1:81/range/", null)]
    public void Where_TLS_is_demanded_what_could_go_without_is_a_fault(string key, string value, string? to)
    {
        var faults = Faults(("Server:RequireTls", "true"), ("Smtp:From", key == "Smtp:Host" ? "t@example.test" : ""), (key, value));

        if (to is null)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.Contains(to, Assert.Single(faults), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_files_of_a_certificate_must_be_there_and_belong_together()
    {
        using var files = new CertificateFiles("tocsin.example.test");
        using var others = new CertificateFiles("tocsin.example.test");

        Assert.Empty(Tls(files.Certificate, files.Key));
        Assert.Contains("CertificateFile cannot be read: there is no such file", Assert.Single(Tls("/nowhere/tls.pem", files.Key)), StringComparison.Ordinal);
        Assert.Contains("KeyFile cannot be read: there is no such file", Assert.Single(Tls(files.Certificate, "/nowhere/key.pem")), StringComparison.Ordinal);
        Assert.Contains("the private key that belongs to it", Assert.Single(Tls(files.Certificate, others.Key)), StringComparison.Ordinal);
        Assert.Contains("the private key that belongs to it", Assert.Single(Tls(files.Certificate, "")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_estate_has_settings_too() => Assert.Empty(Faults(("Estate:References", "acme, shop")));

    [Fact]
    public void Every_class_of_settings_is_known_to_the_check_of_names()
    {
        var settings = new Microsoft.Extensions.DependencyInjection.ServiceCollection().AddSettings().AddOutgoing();
        var known = settings.Where(s => s.ImplementationInstance is SettingsSection).Select(s => ((SettingsSection)s.ImplementationInstance!).Options);
        var bound = typeof(ServerOptions).Assembly.GetTypes()
            .SelectMany(t => t.GetInterfaces())
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IValidateOptions<>)).Select(i => i.GenericTypeArguments[0]);

        Assert.Empty(bound.Except(known));
    }

    [Fact]
    public void All_faults_are_told_at_once() => Assert.Equal(4, Faults(("Jobs:Lease", "soon"), ("Jobs:Poll", "often"), ("Ingest:MaxAlerts", "0"), ("Smtp:Host", "mail.example.test")).Count);

    [Fact]
    public void A_secret_is_never_repeated()
    {
        var fault = Assert.Single(Faults(("Server:Database", "postgres//tocsin:hunter2@db")));

        Assert.DoesNotContain("hunter2", fault, StringComparison.Ordinal);
        Assert.Contains("postgres://user:password@host/name", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_may_stand_where_one_text_is_read() => Assert.Empty(Faults(("Outgoing:Allow:0", "127.0.0.1:9001"), ("Outgoing:Allow:1", "hooks.internal:443")));

    [Fact]
    public void What_logging_takes_is_not_ours_to_judge() => Assert.Empty(Faults(("Logging:LogLevel:Default", "Debug")));

    [Fact]
    public void A_server_is_not_built_from_wrong_settings()
    {
        var e = Assert.Throws<OptionsValidationException>(() => SettingsFaults.Demand(Settings(("Jobs:Lease", "soon"))));

        Assert.Single(e.Failures);
    }

    private static IReadOnlyList<string> Tls(string certificate, string key) =>
        Faults(("Server:Urls", "https://127.0.0.1:8443"), ("Server:Tls:CertificateFile", certificate), ("Server:Tls:KeyFile", key));

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] settings) => SettingsFaults.Find(Settings(settings));

    private static IConfigurationRoot Settings(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .Add(new NamedSettingsSource("set in a.yaml", settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))))
        .Build();
}
