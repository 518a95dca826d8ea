"""The representations every group has."""
import reptheory as rt


def test_the_vector_representation_of_complex_matrices_is_complex():
    i = rt.quadratic(-1).generator
    q8 = rt.group(i=[[i, 0], [0, -i]], j=[[0, 1], [-1, 0]])
    assert q8.vector.scalars == "C"
    assert q8.vector.is_irreducible and q8.vector.type == "quaternionic"
    real = q8.vector.realify()
    assert real.dim == 4 and real.type == "quaternionic"
    assert (real >> real).dim == 4      # the quaternions


def test_the_vector_representation_of_real_matrices_is_real():
    assert rt.group(r=[[0, -1], [1, 0]]).vector.scalars == "R"
    assert rt.D(5).vector.scalars == rt.icosahedral().vector.scalars == "R"
