using Xunit.Abstractions;
using Xunit.Sdk;

namespace Tocsin.Tests;

/// <summary>
/// A fact of a store, written once and run in the nested classes <c>OnSqlite</c> and <c>OnPostgres</c>. Without a PostgreSQL server
/// the latter are skipped with the reason, except where CI=true: there they fail.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Tocsin.Tests.StoreFactDiscoverer", "Tocsin.Server.Tests")]
public sealed class StoreFactAttribute : FactAttribute;

public sealed class StoreFactDiscoverer(IMessageSink messages) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        [new StoreTestCase(messages, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)];
}

/// <summary>A test case whose class, not its method, says whether it can run here.</summary>
public sealed class StoreTestCase : XunitTestCase
{
    [Obsolete("Called by the deserializer only.")]
    public StoreTestCase()
    {
    }

    public StoreTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(messages, display, options, method)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        TestMethod.TestClass.Class.Name.EndsWith("OnPostgres", StringComparison.Ordinal) && Environment.GetEnvironmentVariable("CI") != "true"
            ? Engine.MissingPostgres!
            : base.GetSkipReason(factAttribute);
}
